"""The phrases by which a request is told from what only looks like one, over normalised text."""

from __future__ import annotations

_GOOD = r"(?:great|lovely|nice|good|fine|perfect|wonderful|fantastic|brilliant|super|amazing|ideal)"
_ONE = r"(?:one|1|court|slot|time|option|place|it)s?"

COURTESIES = (
    r"be (?:a dear|a star|an angel|so kind|so good)(?: and| as to|,)?",
    r"if (?:there(?:'?s| is| are)|you(?:'ve| have)(?: got)?|any(?:thing)? is|one is|it(?:'s| is))(?: still| a| an| any"
    r"| one| 1| some| court| slot| anything| something)* (?:free|available|open|left)",
    r"(?:hi|hello|hey|hiya|dear|greetings|howdy|yo)(?: (?:there|all|team|folks|everyone|guys|again|sir"
    r"|madam|assistant|club|batuta))*",
    r"(?:i |we )?(?:do )?hope (?:you|this|all|everything)\b[^.,;!?]*",
    r"how are (?:you|things)(?: doing)?(?: §)?\??",
    r"(?:i'?m |i am |we'?re |so |very )*sorry (?:to|for|about|if) (?:be )?(?:bother|troubl|disturb"
    r"|the |i am both|this|keep)[^.,;!?]*?(?=,|\.|;|!|\bbut\b|$)(?:,? but\b)?",
    r"(?:excuse|pardon) me|sorry(?=,? but\b),? but|(?:no |not in any )(?:rush|hurry|worries|pressure"
    r"|stress|problem)(?: at all)?(?:,? but\b)?",
    r"(?:only )?if (?:(?:that|it|this)(?:'?s| is| isn'?t| is not) )?(?:at all )?(?:possible|feasible"
    r"|ok(?:ay)?|fine|all right|alright|convenient|no trouble|no bother|(?:too much )?trouble"
    r"|not too much (?:trouble|to ask)|no problem)(?: (?:with|for) you)?",
    r"(?:only )?if you (?:please|don'?t mind|do not mind|wouldn'?t mind|get a chance"
    r"|have (?:a|1) (?:moment|minute|second|sec)|can|could|would|will|may|are able to)(?! not)"
    r"(?=[,.;!?]| *$)",
    r"(?:when|whenever|once|as soon as) you (?:can|could|get a (?:chance|moment)|are free"
    r"|have (?:a|1) (?:moment|minute|minutes|second|sec|chance))",
    r"as soon as possible|asap|a\.?s\.?a\.?p\.?|right away|straight away|right now|immediately|at once",
    r"(?:many |very many |so many )?(?:thanks|thank you|thx|ty|tks|cheers|ta)\b(?: (?:so much|a lot"
    r"|a (?:million|bunch|ton)|very much|in advance|again|loads|ever so much|you|kindly|mate|guys"
    r"|for (?:your|the|all your|everything|helping)[^.,;!?]*))*",
    r"(?:it'?s |it is |that'?s |that is |would be )?(?:much|very much|greatly|highly|really) "
    r"appreciated|(?:i |we )?(?:really |very much |would |do )*appreciate (?:it|that|this|your help)"
    r"(?: (?:a lot|very much|so much))?(?! if)",
    rf"(?:that|it|this|which)(?:'?d| would| will|'?ll) (?:really |just )?(?:be (?:really |so |just )?"
    rf"{_GOOD}|make my (?:day|week)|help (?:a lot|me|us|greatly)|suit me)(?! if)(?! to\b)",
    r"you(?:'?re| are) (?:the best|a star|a (?:legend|saint|gem|darling|hero)|too kind|amazing|great)",
    r"have a (?:nice|great|good|lovely) (?:day|one|weekend|evening|time|week|¶)",
    r"(?:with )?(?:kind|best|warm)(?:est)? (?:regards|wishes)|regards|sincerely|bye(?: bye)?|see (?:you"
    r"|ya)(?: (?:then|there|soon|later|around|§))?|(?:i'?m )?looking forward(?: to (?:it|that|playing))?"
    r"|(?:i |we )?(?:can'?t|cannot|can not) wait(?: to (?:play|be there|get on court|try it))?",
    r"(?:can you |could you |would you |please )?do (?:me|us) (?:a|1) (?:\w+ )?favou?r(?: and|[:,])?",
    rf"(?:i|we) (?:do not|don'?t|dont) (?:really )?(?:mind|care)(?: (?:which|what|where)(?: {_ONE})?"
    rf"(?: it is| you (?:pick|choose)| we get)?| at all)?(?:,? (?:but|just|so)\b)?",
    rf"(?:it )?(?:does not|doesn'?t|doesnt) matter(?: (?:which|what)(?: {_ONE})?| at all| to me)?",
    rf"(?:any|either|whichever|whatever)(?: {_ONE})?(?: of them)? (?:will do|is (?:ok|fine|good|free"
    rf"|open|available)|works|would do|you (?:like|want|have))(?: (?:for|by|with) (?:me|us))?",
    r"(?:just )?(?:a |1 )?(?:quick|small|simple|short|little) (?:one|1|request|question|thing|ask)\b"
    r"(?: (?:for you|from me))?",
    r"(?:so |and )?here(?:'?s| is| are) (?:the|my|our|what) (?:plan|request|wish|ask|deal|idea|details"
    r"|i (?:want|need|would like))",
    r"(?:my|our|the) (?:request|wish|plan|order)(?: is| would be)?(?=:)|as (?:discussed|agreed|usual"
    r"|always|promised|mentioned)|before i forget|by the way|btw|fyi|one more thing",
    r"(?:i have )?no preferences?|surprise me|(?:you|i'?ll let you) (?:choose|decide|pick)",
    r"(?:good to go|ready when you are|you know the drill|(?:i|we) promise|pretty please|pls|plz"
    r"|with a cherry on top|fingers crossed|hooray|yay|wow|oh|ah|um+|uh+|hmm+|er+)",
)
"""What is said to be polite; it carries nothing."""

_I = r"(?:i|we|both of us|all of us)"
_ADV = (
    r"(?:please|kindly|just|also|really|now|then|possibly|perhaps|quickly|simply|still|again|very much"
    r"|so|only|well|first|actually|definitely|certainly|maybe|ok|okay|right|all right|alright|great"
    r"|yes|yeah|sure|and|gladly|finally|therefore|alas)"
)
LEADS = (
    rf"(?:(?:can|could|will|would|may|might) (?:you|u)|(?:can|could|may|might) {_I})"
    r"(?: be able to| be so (?:kind|good) (?:as|and)(?: to)?| help (?:me|us)(?: out)?(?: (?:to|with|by|and))?"
    r"| try (?:to|and)| go ahead and| have a go at| manage to| arrange to| see to it to| like to)?",
    rf"(?:{_I} )?(?:would|could) (?:really |very much )?(?:like|love|want|need|prefer|be (?:glad|happy|keen"
    r"|delighted))(?: (?:for )?you)?(?: to)?(?: be able to| try (?:to|and))?",
    rf"(?:{_I})(?:'?d| ?would|'?ll| ?will)? (?:really |also |just |still |very much |badly |urgently )*"
    r"(?:like|love|want|need|wish|prefer|ask you|request you|hope|have|hoped|wanted|needed)"
    r"(?: (?:for )?you)?(?: to)?(?: be able to| try (?:to|and)| have you)?",
    rf"{_I} (?:wanna|gotta|needa|gonna)|wanna|gimme",
    rf"(?:{_I} ?(?:'?m|'?re|am|are|was|were|'?ve been|have been) )?(?:hoping|looking|trying|wanting|wishing"
    r"|aiming|keen|ready|eager|calling|writing|here|happy|delighted|in need|in the mood)"
    r"(?: (?:that )?(?:you|i|we) (?:could|can|would|might))?(?: (?:to|for|on|of))?(?: try (?:to|and))?",
    rf"{_I} (?:wonder|(?:'?m|am|was|were|are|'?re) wondering) if (?:you|i|we) (?:could|can|would|might)"
    r"(?: be able to)?",
    r"(?:please )?(?:do not|don't|never) forget to|(?:need|want|love|like|would like|'d like) to",
    r"help (?:me|us)(?: out)?(?: (?:to|with|by|and))?",
    r"let(?:'?s| us| me)(?: all| go and| try (?:to|and))?",
    r"(?:is there |would there be )?(?:any|a|some) (?:chance|way|possibility) (?:of|to|(?:that )?(?:you|i|we)"
    r" (?:could|can|might|would)|for (?:me|us|you) to)",
    r"(?:is it|would it be|might it be) (?:at all )?possible (?:for (?:me|us|you) )?to",
    r"(?:would|do) you mind|mind|care to|fancy",
    rf"(?:it|that)(?:'?d| would) be (?:really |so )?{_GOOD} (?:if (?:you|we|i) (?:could|can|would)|to)",
    rf"(?:if you (?:could|would|can)|{_GOOD} if you (?:could|would|can))",
    rf"{_I}(?:'?d| would) (?:really |very much |greatly )?(?:appreciate it|be (?:so |very |most |really )?(?:grateful"
    r"|thankful|glad|happy|obliged)) if you (?:could|would|can)?",
    r"go ahead(?: and|,)?|be (?:a dear|so kind|a star)(?: and| as to|,)?|feel free to|make sure (?:to|you)"
    r"|be sure to|it'?s time to|time to|your (?:task|job) is to|please see that you",
    rf"{_I} (?:have|'?ve got|'?ve|got|need|ought) to",
    r"how at|what at|(?:it|that) is possible to",
)
"""What may stand before the verb of a request, the speaker's own and of now."""
ADVERBS = _ADV
WANTS = (
    rf"{_I}(?:'?d| ?would|'?ll| ?will)? (?:really |also |just |still |very much )*(?:like|want|need|love|prefer"
    r"|take)|(?:can|could|may) (?:i|we) (?:get|have)"
)
"""What may stand for a verb where the thing itself follows."""

VERBS = (
    r"(?:re-?book|book|reserv|schedul|arrang|hold|secur|grab|organi[sz]|mak|get|set|sort|fix|order|borrow"
    r"|rent|hir|tak|find|have|put|sign|pencil|play|lock|snag|nab|confirm|request|creat|register|enrol|buy"
    r"|lend|add|squeeze|try)(?:e|ing|ting|ding|bing|ling|es|s|ring)?"
)
"""What a request asks to do, in the forms that it can stand in."""

PEOPLE = (
    r"(?:people|persons?|players?|adults?|kids|children|guests?|members?|pax|participants?|friends|of us"
    r"|ladies|men|women|juniors|beginners)"
)
EXCEPT = r"(?:but not|but|except(?: for)?|other than|apart from|anything but|not|bar|save|excluding|without)"
"""What turns the name of a thing that follows into one that is not wanted."""
HARMLESS = (
    rf"(?:any|a|an|either|some)? ?(?:court|slot|one|1|table|copy|room|seat)?,? ?{EXCEPT} (?:court |slot |number )?"
    r"(?:[a-z]|\d{1,2})(?:(?:,| or| and|, or) (?:court )?[a-z])*(?= |$)",
    rf"(?:for |with )?(?:the )?(?:\d+|both|all|some) (?:\w+ )?{PEOPLE}|(?:a )?(?:party|group|team) of \d+",
    r"(?:for|with) \d+(?= *(?:$|[,.!?]|¤|§|¶|please|at|on))",
    r"(?:just |only )?for (?:me|us|myself|ourselves)(?: (?:2|3|4|both|all|alone|only|too))?"
    r"(?: (?:and|plus|\+) (?:(?:a|an|my|1|2|3|some|the|our) )?(?:\w+ )?\w+)?",
    r"(?:together |along )?with (?:(?:a|an|my|our|some|the|1|2|3|another) )?(?:\w+ )?\w+(?: and (?:my )?\w+)?",
    r"for (?:a|an|the|my|our|some|1|another|1 more)? ?(?:\w+ )?(?:game|match|hit|practi[cs]e|training|session"
    r"|lesson|singles|doubles|knock[- ]?about|knock|set|play|tennis|fun|exercise|workout|tournament|rally"
    r"|warm[- ]?up|clinic|mixed|visit|appointment|check[- ]?up|celebration|get[- ]together|meet[- ]?up)s?"
    r"(?: of \w+| with (?:a |an |my |our |some |the )?(?:\w+ )?\w+)?",
    r"(?:so|so that|in order) (?:that )?(?:i|we) can [^.,;!?]*",
    r"(?:in order )?to (?:play|practi[cs]e|train|hit|warm up|celebrate|enjoy|improve|work on|get some"
    r"|have (?:a|some)|exercise|relax|stretch|learn|prepare|catch up|rally|unwind|start|borrow|read) ?[^.,;!?]*",
    r"(?:because|cause|'cause|since|as) (?:i|we|it|my|our|the|that|there|this|he|she|they|today|§)\b[^.;!?]*",
    r"because of [^.,;!?]*",
    r"(?:under|in|on) (?:my|our) (?:own )?(?:name|account|membership|behalf)",
)
"""What a request may say beside what is wanted: with whom, what for, and why."""

EXPLAINS = (
    r"(?:is|are|am|has|have|will|can|'s|'re|'m|'ve|'ll|'d|would|want|wants|need|needs|love|loves|like"
    r"|likes|play|plays|enjoy|enjoys|feel|feels|prefer|prefers|hope|hopes|live|lives|work|works|train"
    r"|trains|look|looks|deserve|deserves|miss|misses|start|starts|come|comes|arrive|arrives|visit"
    r"|practi[cs]e|bring|brings|turn|turns|it's|that's|i'm|we're|i've|we've|i'll|we'll|there's|he's"
    r"|she's|they're|they|makes|make)"
)
"""A verb that makes a clause a statement of the present."""

NEGATIONS = (
    r"(?:not|never|no|nor|neither|none|nothing|nobody|without|cannot|hardly|barely|stop|cancel\w*|avoid"
    r"|refus\w+|hold off|hold on|hang on|wait|forget|ignore|skip|undo|abort|quit|refrain|against|leave it"
    r"|kidding|joking|joke|pretend|rather not|instead of|scratch that|scrap|strike that|delete|remove"
    r"|release|drop|withdraw|prevent|fail to|regret|nope|nah|nix|unwilling|reluctant|opposed|decline\w*"
    r"|\w+n't|dont|doesnt|didnt|wont|cant|isnt|wasnt|shouldnt|wouldnt|couldnt|aint|havent|hasnt|tired of"
    r"|sick of|fed up|too \w+ to|anything but|far from|the last thing|delay|postpone|put off|halt)"
)
CONDITIONS = (
    r"(?:if|unless|provided|providing|assuming|assume|suppose|supposing|imagine|in case|whether|once"
    r"|depending|depends|otherwise|as long as|so long as|hypothetical\w*|in theory|theoretically|say i"
    r"|were i|should i (?=\w+ )|had i|would have|could have|might|may|maybe|perhaps|until|till|after i"
    r"|after we|when i|when we|when the|when it|when my|when he|when she|when they|whenever|wish i had|only when|only after|not before"
    r"|in the event|subject to|pending|except when|let'?s say|for the sake|what if|possibly|probably"
    r"|think\w*|guess|believe|consider\w*|decid\w+|unsure|undecided|wondering|wonder|debating"
    r"|tempted|contemplat\w+|mull\w*|dream\w*|one day|some ?day|eventually|sooner or later"
    r"|let you know|get back|sleep on|ask my|ask the|check with|talk to|later on|will see|we'll see)"
)
REPORTS = (
    r"(?:said|says|say|saying|told|tells|tell|telling|wrote|writes|write|written|heard|hear|read|reads"
    r"|reading|asked|asks|asking|claims?|claimed|mentioned|mentions|suggests?|suggested|according|quot\w+"
    r"|poster|sign|email|e-mail|message|text|letter|note|leaflet|advert|ad|slogan|sentence|phrase|word"
    r"|translat\w+|means?|meaning|meant|example|explain\w*|spell\w*|pronounce\w*|repeat after|story|song"
    r"|novel|book called|film|movie|dialogue|prompt|quiz|lesson about|tried|failed|error|was about|were about|was at to|were at to"
    r"|used to|ended up|managed|attempted|happened|yesterday|ago|recommend\w*|advis\w+|reply|replied"
    r"|answered|screen|website|page|app|form|calendar|diary|list|poem|rumou?r|announc\w+|shout\w*"
    r"|whisper\w*|typed?|recit\w+|instruct\w*|order(?:s|ed)|booked|reserved|scheduled|had|did|got)"
)
QUESTIONS = (
    r"^(?:(?:and|so|but|ok|well|hey|just|out of curiosity|quick question),?:? )*"
    r"(?:did|do|does|have|has|had|should|shall|am|is|are|was|were|will i|will we|would i|must|who|whom"
    r"|whose|what|why|how|where|when|which|isn'?t|aren'?t|didn'?t|don'?t (?:you|i|we)|shouldn'?t"
    r"|won'?t|can i not|can'?t)\b"
)
OTHERS = (
    r"(?:tell|ask|remind|remember|let|get|have|make|help|advise|instruct|order|persuade|convince|warn)"
    r" (?!me (?:a|an|the|1|another|court|down|in|up|some)\b|us (?:a|an|the|1|another|court|down|in|up|some)\b)"
    r"(?:me|us|him|her|them|my|our|the|your|[a-z]+) (?:to|that|about|\w+ (?:to|that))\b"
    r"|(?:for|on behalf of|in the name of|under the name|to) (?:him|her|them|someone|somebody|everyone"
    r"|anyone|your\w*|the|my|our) ?(?:\w+)?"
    r"|(?:he|she|they|someone|somebody|everyone|(?:my|our|the|his|her|their|a) \w+(?: \w+)?|[a-z]+)"
    r" (?:wants?|needs?|would|wishes|should|must|has to|is going to|will|can|could|likes?|asked"
    r"|loves?|plans?|tries|is trying|intends?|hopes?|ought) "
)
LENGTHS = (
    r"(?:for )?(?:the |a )?(?:(?:\d+|half|quarter|several|few|more|whole|entire|full|all) (?:an? )?"
    r"(?:hours?|minutes?|day|morning|afternoon|evening|¶|night|long)|all day|double (?:slot|session))\b"
)
QUANTITIES = r"(?:both|all|every|each|several|multiple|many|few|pair of|2|3|4|5|6|7|8|9|1\d|two of)"

FREE = frozenset(
    """
    a an the this that it its one 1 1st first next another other some any me us my our your i we you
    to for on at in of by from with and or then as so up down out off please kindly just also too
    again more once is be would like will available free open empty spare vacant nearest earliest
    soonest possible best good nice same whichever whatever either day date time hour slot
    spot place booking reservation appointment session item something
    anything today tomorrow tonight now thanks ok okay yes name called titled entitled about
    oclock start starting beginning begin around approximately sharp exactly starts
    new single latest pm am later early late earlier within between hours window kind type sort
    preferably prefer ideally if-possible indoors indoor outdoors outdoor outside inside sunny shady
    quiet member set do it's i'd there here bit little than
    """.split()
)
"""Words that carry nothing beyond what the rules for values have taken."""

_THAT = r"(?:that|it|this|which|everything|all of (?:it|that)|that time|that 1|that one)"
_IS = r"(?:'s| is| should be| must be| was| will be|'?ll be|'?d be| would be| sounds| looks| seems)"
_FINE = (
    r"(?:right|correct|perfect|great|good|fine|ok(?:ay)?|lovely|ideal|excellent|wonderful|nice|awesome"
    r"|brilliant|the 1|the one)"
)
_WELL = r"(?: (?:perfectly|well|nicely|great|fine|for (?:me|us)|with (?:me|us)|me|us))*"
AGREES = (
    r"yes(?: please| sir| indeed| absolutely| that is| it is)?|yeah|yea|yep|yup|ya|aye|y|sure(?: thing)?|ok(?:ay)?"
    r"|correct|right|exactly(?: right)?|agreed|absolutely|definitely|certainly|of course|indeed|affirmative"
    r"|confirm(?:ed)?|i (?:confirm|agree|accept)|please do|go ahead|go for it|proceed|do (?:it|that|so)"
    r"|by all means|why not|uh[ -]?huh|mm+[ -]?hmm?|yessir|you (?:got it|bet)|all (?:good|correct|set|right)"
    r"|alright|(?:book|reserve|take|schedule|hold|grab|get|secure|make|order|borrow)(?: me)? (?:it|that|this)(?: then| for me)?"
    r"|(?:i'?ll|i will|we'?ll|i'?d|i would|we'?d) (?:take|have|like|love) (?:it|that|this)|let'?s (?:do (?:it|that)|go(?: for it)?)"
    r"|let'?s|done|deal|works(?: for me)?|please"
    rf"|{_THAT}{_IS}?(?: (?:all|absolutely|just|exactly|perfectly|really|totally))*"
    rf" {_FINE}(?: (?:in|into|with) my (?:schedule|plans?|calendar))?{_WELL}"
    rf"|{_THAT}(?:'?d| would|'?ll| will|'?s)? (?:works?|fits?|suits?|do(?:es)?)"
    rf"(?: (?:in|into|with) my (?:schedule|plans?|calendar))?{_WELL}"
    r"|that (?:does it|is what i (?:want|need|wanted|meant))"
    r"|(?:sounds|looks) (?:right|correct|perfect|great|good|fine|lovely|excellent|wonderful|nice|awesome|brilliant)"
    r"|i (?:think|believe|guess) (?:that|it|so)|(?:i'?m|i am) (?:good|fine|happy|ok|okay) with (?:it|that)|no problem|no worries"
    r"|not a problem|not bad|no,? that'?s (?:fine|good|perfect|right)"
)
"""What gives consent to what was proposed."""
PRAISES = r"great|cool|nice|good|awesome|lovely|excellent|wonderful|brilliant|super|perfect(?:ly)?|fine|fantastic|sweet|splendid"
"""What gives consent where nothing else is said, thanks least of all."""
THANKING = r"thanks?|thank you|thx|cheers|ta|bye|goodbye"
CHOOSING = frozenset(
    """
    i i'll i'd we we'll we'd will would like want take have book reserve choose pick go going with for
    prefer the a an one 1 1st option slot number no court time place please it it's is let's let us then ok
    okay yes yeah yep sure that that'll that's this works work fine good sounds great perfect suits suit me
    us do get grab make schedule hold secure order borrow at on in of and us give gimme can could you just
    lovely ideal best be thing free open available earliest last later latest middle any first second
    third fourth fifth sixth oclock am pm ~ copy item right choice my mine so well oh ah hmm um bring
    list from thanks them these those either whichever whatever latter former you choose decide
    surprise preference matter anything
    """.split()
)
"""Words that a choice among what was offered may hold beside its name."""

NOT_DOING = (
    r"(?:n't|\bnot|\bnever|\bdont|\bno need|\bno longer|\bhold off|\bstop|\brefrain|\bwithout|\binstead of"
    r"|\bagainst|\bavoid|\bquit|\bforget|\brather not)(?: (?:on|about|to|from|want|wants|wish|need|you|me|try|trying"
    r"|like|going|plan|planning|please|us|have|be|just|yet|really|actually|bother|go|ahead|and|rush|any|a))*"
    r" (?:book|reserv|schedul|arrang|order|get|mak|hold|secur|borrow|tak|do|act|grab)\w*"
)
"""A deed that is refused, with what may stand between the refusal and it."""
NOT_REFUSED = (
    r"\b(?:don't|do not|dont|please|never) forget to|\bwhy (?:don't|not)|\b(?:can't|couldn't|won't|wouldn't) you"
    r"|\b(?:why|would|do|should|could|can|will) (?:i|we|you) not"
)

DEEDS = (
    r"\b(?:re-?book|book|reserve|schedule|make|mak|set up|hold|secure|borrow|order|rent|hire|get|grab)"
    r"(?:ing|ting|bing)?\b"
)
"""What names a deed so plainly that it may be done at once."""

MARKING = r"(?:re-?book|book|reserv|schedul|arrang|secur|borrow|rent|hir|order|cancel)\w*|mak(?:e|ing) (?:me|us|a|the|it)"
"""Deeds that make a clause beside the request more than a statement."""
