"""What turns a text that names a deed into no request, as patterns over normalised text."""

from __future__ import annotations

NEGATIONS = (
    r"(?:not|never|no|nor|neither|none|nothing|nobody|without|cannot|hardly|barely|stop|cancel\w*"
    r"|avoid"
    r"|refus\w+|hold off|hold on|hang on|wait|forget|ignore|skip|undo|abort|quit|refrain"
    r"|(?<!play )(?<!playing )(?<!match )(?<!game )(?<!vaccinated )(?<!shot )"
    r"(?<!jab )(?<!jabs )(?<!vaccination )(?<!protection )(?<!insured )(?<!immunised )against"
    r"|out of(?! (?:town|the (?:house|office|blue)|curiosity|interest|work|bed)\b)"
    r"|leave it"
    r"|kidding|joking|joke|pretend|rather not|instead of|scratch that|scrap|strike that|delete"
    r"|remove"
    r"|release|drop|withdraw|prevent|fail to|regret|nope|nah|nix|unwilling|reluctant|opposed"
    r"|decline\w*"
    r"|\w+n't|dont|doesnt|didnt|wont|cant|isnt|wasnt|shouldnt|wouldnt|couldnt|aint|havent|hasnt"
    r"|tired of"
    r"|sick of|fed up|too \w+ to|anything but|far from|the last thing|delay|postpone|put off|halt)"
)
CONDITIONS = (
    r"(?:if|unless|provided|providing|assuming|assume|suppose|supposing|imagine|in case|whether"
    r"|once"
    r"|depending|depends|otherwise|as long as|so long as|hypothetical\w*|in theory|theoretically"
    r"|say i"
    r"|were i|should i (?=\w+ )|had i|would have|could have|might|may|maybe|perhaps|until|till"
    r"|after i"
    r"|after we|when i|when we|when the|when it|when my|when he|when she|when they|whenever"
    r"|wish i had|only when|only after|not before"
    r"|in the event|subject to|pending|except when|let'?s say|for the sake|what if|possibly"
    r"|probably"
    r"|think\w*|guess|believe|consider\w*|decid(?:e|es|ing)"
    r"|(?<!have )(?<!'ve )(?<!has )decided|unsure|undecided|wondering|wonder|debating"
    r"|for free|for nothing|free of (?:charge|cost)|at no (?:cost|charge|expense)|gratis"
    r"|on the house"
    r"|some ?time(?= *$)"
    r"|tempted|contemplat\w+|mull\w*|dream\w*|one day|some ?day|eventually|sooner or later"
    r"|let you know|get back|sleep on|ask my|ask the|check with|talk to|later on|will see"
    r"|we'll see)"
)
REPORTS = (
    r"(?:said|says|say|saying|told|tells|tell|telling|wrote|writes|(?<!to )write|written|heard"
    r"|(?<!to )hear|(?<!to )read"
    r"|(?:thank\w*|thx|grateful|glad|happy|pleased|sorry|appreciate\w*)(?: \w+){0,3}? (?:for|that"
    r"|about) (?:\w+ ){0,2}"
    r"(?:(?:re-?)?book|reserv|schedul|arrang|organi[sz]|mak|gett|hold|sort)(?:ing|ed)"
    r"|reads"
    r"|reading|asked|asks|asking|claims?|claimed|mentioned|mentions|suggests?|suggested|according"
    r"|quot\w+"
    r"|poster|sign|email|e-mail|message|text|letter|note|leaflet|advert|ad|slogan|sentence|phrase"
    r"|word"
    r"|translat\w+|means?|meaning|meant|example|explain\w*|spell\w*|pronounce\w*|repeat after"
    r"|story|song"
    r"|novel|book called|film|movie|dialogue|prompt|quiz|lesson about|tried|failed|error|was about"
    r"|were about|was at to|were at to"
    r"|used to|ended up|managed|attempted|happened|yesterday|ago|recommend\w*|advis\w+|reply"
    r"|replied"
    r"|answered|screen|website|page|app|form|calendar|diary|list|poem|rumou?r|announc\w+|shout\w*"
    r"|whisper\w*|typed?|recit\w+|instruct\w*|order(?:s|ed)|booked|reserved|scheduled|had|did|got)"
)
QUESTIONS = (
    r"^(?:(?:and|so|but|ok|well|hey|just|out of curiosity|quick question),?:? )*"
    r"(?:did|do|does|have|has|had|should|shall|am|is|are|was|were|will i|will we|would i|must|who"
    r"|whom"
    r"|whose|what|why|how|where|when|which|isn'?t|aren'?t|didn'?t|don'?t (?:you|i|we)|shouldn'?t"
    r"|won'?t|can i not|can'?t)\b"
)
OTHERS = (
    r"(?:tell|ask|remind|remember|let|get|have|make|help|advise|instruct|order|persuade|convince"
    r"|warn)"
    r" (?!me (?:a|an|the|1|another|court|down|in|up|some)\b|us (?:a|an|the|1|another|court|down|in"
    r"|up|some)\b)"
    r"(?:me|us|him|her|them|my|our|the|your|[a-z]+) (?:to|that|about|\w+ (?:to|that))\b"
    r"|(?:for|on behalf of|in the name of|under the name|to) (?:him|her|them|someone|somebody"
    r"|everyone"
    r"|anyone|your\w*|the|my|our) ?(?:\w+)?"
    r"|(?:he|she|they|someone|somebody|everyone|(?:my|our|the|his|her|their|a) \w+(?: \w+)?|[a-z]+)"
    r" (?:wants?|needs?|would|wishes|should|must|has to|is going to|will|can|could|likes?|asked"
    r"|loves?|plans?|tries|is trying|intends?|hopes?|ought) "
)
LENGTHS = (
    r"(?:for )?(?:the |a )?(?:(?:\d+|half|quarter|several|few|more|whole|entire|full|all) (?:an? )?"
    r"(?:hours?|minutes?|day|morning|afternoon|evening|¶|night|long)|all day|double (?:slot"
    r"|session))\b"
)
ANOTHER_PLACE = (
    r"(?:another|the other|a different|some other) (?:\w+ )?"
    r"(?:club|branch|site|location|city|town|place|venue|centre|center|clinic|library|shop|house)"
)
"""Somewhere else than here."""
QUANTITIES = r"(?:both|all|every|each|several|multiple|many|few|pair of|2|3|4|5|6|7|8|9|1\d|two of)"
NOT_DOING = (
    r"(?:n't|\bnot|\bnever|\bdont|\bno need|\bno longer|\bhold off|\bstop|\brefrain|\bwithout"
    r"|\binstead of"
    r"|\bagainst|\bavoid|\bquit|\bforget|\brather not)(?: (?:on|about|to|from|want|wants|wish|need"
    r"|you|me|try|trying"
    r"|like|going|plan|planning|please|us|have|be|just|yet|really|actually|bother|go|ahead|and"
    r"|rush|any|a))*"
    r" (?:book|reserv|schedul|arrang|order|get|mak|hold|secur|borrow|tak|do|act|grab)\w*"
)
"""A deed that is refused, with what may stand between the refusal and it."""
NOT_REFUSED = (
    r"\b(?:don't|do not|dont|please|never) forget to|\bwhy (?:don't|not)|\b(?:can't|couldn't|won't"
    r"|wouldn't) you"
    r"|\b(?:why|would|do|should|could|can|will) (?:i|we|you) not"
)
