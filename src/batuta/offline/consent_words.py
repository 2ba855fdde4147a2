"""What gives consent to an offer or picks of it, as patterns over normalised text."""

from __future__ import annotations

_THAT = r"(?:that|it|this|which|everything|all of (?:it|that)|that time|that 1|that one)"
_IS = r"(?:'s| is| should be| must be| was| will be|'?ll be|'?d be| would be| sounds| looks| seems)"
_FINE = (
    r"(?:right|correct|perfect|great|good|fine|ok(?:ay)?|lovely|ideal|excellent|wonderful|nice"
    r"|awesome"
    r"|brilliant|the 1|the one)"
)
_WELL = r"(?: (?:perfectly|well|nicely|great|fine|for (?:me|us)|with (?:me|us)|me|us))*"
AGREES = (
    r"(?:yes|yeah|yep),? that(?:'s| is) it"
    r"|ye+s+(?: please| sir| indeed| absolutely| that is| it is)?|yea+h*|yeh+|ye|yep+|yup+|ya+s*"
    r"|aye|y"
    r"|oke?y[- ]?do(?:key|ke|kie)|okie[- ]?dok(?:ie|ey)|okey|righto|right[- ]oh?|alrighty|rightyo"
    r"|go on(?: then)?|go for (?:it|that)|roger(?: that)?|very well|gladly|with pleasure"
    r"|let'?s have (?:it|that)|suits me|happy with (?:that|it)|you may|please go on"
    r"|sure(?: thing)?|ok(?:ay)?"
    r"|correct|right|exactly(?: right)?|agreed|absolutely|definitely|certainly|of course|indeed"
    r"|affirmative"
    r"|confirm(?:ed)?|i (?:confirm|agree|accept)|please do|go ahead|go for it|proceed|do (?:it"
    r"|that|so)"
    r"|by all means|why not|uh[ -]?huh|mm+[ -]?hmm?|yessir|you (?:got it|bet)|all (?:good|correct"
    r"|set|right)"
    r"|alright|(?:hell|heck|oh),? (?:yes|yeah)|^\W*(?:please )?(?:book"
    r"|reserve)(?: now)?(?: please)?\W*$"
    r"|(?:i|we) (?:want|need|choose|prefer|take|pick) (?:it|that|this)(?: one| 1)?"
    r"|(?:book|reserve|take|schedule|hold|grab|get|secure|make|order|borrow)(?: me)? (?:it"
    r"|that|this)(?: then| for me)?"
    r"|(?:i'?ll|i will|we'?ll|i'?d|i would|we'?d) (?:take|have|like|love) (?:it|that|this)"
    r"|let'?s (?:do (?:it|that)|go(?: for it)?)"
    r"|let'?s|done|deal|works(?: for me)?|please"
    rf"|{_THAT}{_IS}?(?: (?:all|absolutely|just|exactly|perfectly|really|totally))*"
    rf" {_FINE}(?: (?:in|into|with) my (?:schedule|plans?|calendar))?{_WELL}"
    rf"|{_THAT}(?:'?d| would|'?ll| will|'?s)? (?:works?|fits?|suits?|do(?:es)?)"
    rf"(?: (?:in|into|with) my (?:schedule|plans?|calendar))?{_WELL}"
    r"|that (?:does it|is what i (?:want|need|wanted|meant))"
    r"|(?:sounds|looks) (?:right|correct|perfect|great|good|fine|lovely|excellent|wonderful|nice"
    r"|awesome|brilliant)"
    r"|i (?:think|believe|guess) (?:that|it|so)|(?:i'?m|i am) (?:good|fine|happy|ok"
    r"|okay) with (?:it|that)|no problem|no worries"
    r"|(?:just |only )?(?:a single )?(?:one|1) (?:is|will|would|should)(?: be| do)?"
    r"(?: (?:enough|fine|ok|plenty|sufficient|good|great|perfect))?"
    r"|fine (?:by|with) (?:me|us)|not a problem|not bad|no,? that'?s (?:fine|good|perfect|right)"
)
"""What gives consent to what was proposed."""
AGREES_OUTRIGHT = (
    r"^\W*(?:(?:ok|okay|well|oh|then|in that case),? )*"
    rf"(?:{AGREES}|fine (?:by|with) (?:me|us))(?![\w'])"
)
"""Opens a reply that agrees, whatever else it says."""
PRAISES = (
    r"great|awesome|lovely|excellent|wonderful|brilliant|perfect(?:ly)?|fine|fantastic|splendid"
)
"""What gives consent where nothing else is said, thanks least of all."""
FILLING = r"man|mate|buddy|pal|well|oh"
"""What stands beside a yes and carries nothing."""
THANKING = r"thanks?|thank you|thx|cheers|ta|bye|goodbye"
CHOOSING = frozenset(
    """
    i i'll i'd we we'll we'd will would like want take have book reserve choose pick go going
    with for prefer the a an one 1 1st option slot number no court time place please it it's is
    let's let us then ok okay yes yeah yep sure that that'll that's this works work fine good
    sounds great perfect nice well nicely suits suit me us do get grab make schedule hold secure
    order borrow at on in of us give gimme can could you just lovely ideal best be thing free open
    available earliest soonest last later latest middle any first second third fourth fifth sixth
    oclock am pm ~ copy item right choice my mine so well oh ah hmm um bring list from
    thanks them these those got you've available possible either whichever whatever latter former
    you choose decide surprise preference matter anything top bottom numero num nr opt settle
    fancy final settled decided decide select suits perfectly prefers goes 2nd 3rd 4th onto bag
    happy content mine mine's say row line whatever's whichever's how about
    definitely cheers thx very rather anyone one's 1's that'd ones i'm earlier think guess put down
    better
    """.split()
)
"""Words that a choice among what was offered may hold beside its name."""
OF_THE_DAY = r"of (?:the|that) (?:day|list)|in the (?:\w+ )?(?:line|row|list)|on the list"
"""What a place in a list may stand with."""
AND_THANKS = r"and\W*$"
"""What thanks leave behind them, once they are taken out."""
NO_CONSENT = (
    r"(?:(?:that|it|this)(?:'s| is) (?:very |really |so )?(?:nice|interesting|cool)|maybe"
    r"|perhaps|might|probably|possibly|later|late|early|earlier|other|another|next|more"
    r"|again|else)"
)
"""What keeps a reply from being a plain yes, though it carries nothing elsewhere."""
ALL_QUOTED = r"^\W*[\"“'‘][^\"”'’]*[\"”'’]\W*$"
"""A text that is a quotation from end to end."""
NO_CHOICE = (
    rf"{ALL_QUOTED}|\bi (?:think|guess)(?! i'?(?:ll|d)\b)"
    r"|\bwould you (?:take|have|choose|pick|prefer|like|want|go)\b|\b(?:maybe|perhaps|might"
    r"|probably|possibly)\b"
    r"|\b(?:first|second|third|last|\d|[b-z]) (?:one |1 )?(?:and|plus) (?:the |court )?(?:first"
    r"|second|third|last|\d|[a-z])\b"
    r"|\b(?:both|all(?! the same))\b|(?<!the )\blater\W*$|\bnot yet\b"
    r"|^\W*(?:two|three|four|five|six)(?: please)?\W*$"
    r"|\w\W+no(?:pe)?\b(?:\W+(?:thanks?|thank you|thx|ta|cheers|sorry))?\W*$"
)
"""What makes a reply no plain choice: a matter of taste, a hedge, a number of things, a no."""
BARE_THANKS = (
    r"^\W*(?:(?:ok(?:ay)?|all right|alright|right|well|so|then|fine|good|cool)\b\W*)*"
    r"(?:thanks?|thank you|thx|cheers|ta)\b"
)
"""Thanks behind nothing but a nod: as often the end of a talk as a yes."""
