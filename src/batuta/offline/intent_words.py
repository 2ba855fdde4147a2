"""The phrases that tell what an utterance is for, as patterns over normalised text."""

from __future__ import annotations


def _any(*phrases: str) -> str:
    return rf"\b(?:{'|'.join(phrases)})\b"


def _opening(*phrases: str, before: str) -> str:
    return rf"^(?:(?:{before}),? )*(?:{'|'.join(phrases)})\b"


_BOOKED = (
    "(?:booking|reservation|appointment|slot|court|game|match|session|loan|hour|time|place|spot)s?"
)
"""What somebody has who may give it back."""
_OWN = (
    "(?:my|our|the|that|this|tonight'?s|today'?s|tomorrow'?s|(?:mon|tues|wednes|thurs|fri|satur"
    "|sun)day'?s?)"
)
_INSTEAD = "(?!.*\\b(?:make it|book|instead|rather|try|take|move|change|switch)\\b)"
"""Nothing else is wanted in place of what is given back."""
RESTART = _any(
    "start(?:ing)? (?:over|again|afresh|fresh|from scratch)",
    "begin again|from scratch|reset|from the (?:start|beginning)",
)
CANCEL = _any(
    "never ?mind|forget (?:it|that|about|the|my|everything)",
    "cancel(?:l?ing|led)?|cancellation",
    "call (?:it|the whole thing|this|that) off|call off|get rid of|drop it",
    "(?:scrap|drop|delete|remove|undo|scratch|withdraw(?: from)?|nix|revoke|void|take down"
    "|kill|axe|bin|ditch|lose|strike|wipe|erase|annul|rescind|abandon|clear|unbook|dump|chuck) "
    "(?:it|that|(?:my|the|our|\\w+'s) (?:[\\w:]+ ){0,2}(?:booking|reservation"
    "|appointment|slot|loan|court|game|session))",
    "(?:pull|back|bow|get|opt) (?:me |us )?out of (?:it|that|(?:my|our|the) (?:\\w+ ){0,2}"
    "(?:booking|reservation|appointment|slot|court|game|session|match))",
    "(?:take|get) (?:me|us|my name|our names?) (?:off|out of|down from|out from)",
    "call (?:my|our|the|that|this) (?:\\w+ ){1,4}off|to be cancel\\w+|be gone",
    "make (?:it|that|this|(?:my|our|the|that|this) (?:\\w+ ){1,4})(?:go away|disappear)",
    "(?:book(?:ing)?|reservation|court|slot) (?:is|was) (?:off|no longer (?:needed|required))",
    "no longer (?:want|need|require|(?:be )?able to|going to)|(?:can(?:no|')t"
    "|unable to) use (?:my|our)",
    "(?:do not|don't|dont) (?:want|need) (?:it|that|my|the|a|anything) ?.*any ?more",
    r"changed my mind(?!.*\d)",
    "(?:won'?t|will not|not going to|not gonna) be able to (?:make|come|play|attend|be there)",
    "(?:wo|sha)n'?t (?:make (?:it|my)|need|be needing|be coming)",
    "(?:tak|giv|hand|pull|pass|throw|send|sign|lett?)(?:e|ing|s)? ?(?:away|back|up|off|out|over|on)"
    " (?:my|our) (?:\\w+ ){0,2}(?:booking|reservation|court|slot|appointment|game|session)",
    "(?:delete|remove|drop|undo|scrap|clear|wipe|erase|scratch|void|bin|kill|annul|withdraw)"
    " (?:everything|all|whatever|what|anything|the lot|both|them)",
    "giv(?:e|ing) (?:up|back) (?:my|our|the)|tak(?:e|ing) back (?:my|our)",
    "can'?t (?:make (?:it|my)|come|attend)|free up my|take .{1,30} off the (?:books|booking|list)",
    "abort|quit|(?<!\\w )stop(?! at)",
    "(?:can'?t|cannot|won'?t) (?:play|come|make|be).*\\bafter all",
    "(?:remove|strike|scratch|cross|delete|withdraw|unbook) (?:me|us|my name|our names?) (?:from"
    "|off|out)",
    "(?:scrap|drop|nix|axe|kill|ditch|bin|scratch|delete|dump|undo|unbook|abandon) "
    "(?:\\w+day|tomorrow|today|tonight|\\d[\\w:]*)(?:'s \\w+)?"
    "(?!.*\\b(?:make it|book|instead|rather|try|take)\\b)",
    "let (?:my|our|the) .{3,40}? go(?! ahead| on| to)",
    "let (?:someone|somebody|anyone|anybody|others|another \\w+)(?: else)? (?:have|take"
    "|use|play on)"
    " (?:my|our|the)",
    "(?:my|our|the) (?:booking|reservation|appointment|slot|court|game"
    "|session)\\b.{0,30}? (?:removed"
    "|deleted|undone|voided|dropped|released|freed|withdrawn|taken (?:off|out|down))",
    "(?:someone|somebody|anyone|anybody)(?: else)? (?:can|may|could|might) (?:have|take|use)"
    " (?:my|our|the)|free (?:my|our)",
    "(?:take|pull) (?:my|our) .{3,40}? (?:out|down|away)(?! of)",
    "(?:drop|scrap|nix|axe|kill|ditch|bin|scratch|delete|remove|undo|lose|release) (?:my|our)"
    " (?:(?:\\w+ ){0,2}\\d[\\w:]*|noon|midday|\\w+day|morning|afternoon|evening)\\b",
    "(?:booking|reservation|court|slot|game|session)\\b.{0,30}\\b(?:not|n't|no longer) (?:be )?"
    "(?:needed|required|wanted|necessary)",
    "give (?:someone|somebody|anyone)(?: else)? (?:my|our|the)"
    "|give (?:my|our|the|\\w+day's) .{3,40}?"
    " (?:to|back)",
    "(?:pull|lift|reverse|retract|rescind|back out of|get out of|out of) (?:my|our|the|\\w+day'?s?"
    "|tomorrow'?s?|tonight'?s?) (?:\\w+ )?(?:booking|reservation|court|slot|game|match|session)",
    "(?:release|give up|give back|hand back|free up|return|let go(?: of)?|relinquish|surrender"
    "|forgo|forfeit|vacate|renounce|waive"
    "|scrub|undo|reverse|call back|cross out|strike out|do away with|part with|x) (?:it|(?:my|the"
    "|our) (?:\\w+ )?(?:booking|reservation"
    "|appointment|slot|court))",
    "(?:scrap|drop|delete|remove|scratch|nix|kill|axe|bin|ditch|strike|wipe|erase|abandon|dump"
    f"|release|void|annul|end|revoke|undo) (?:my|our|the|that|this) (?:¤|§|\\d[\\d:]*) ?(?:[ap]m"
    f"|oclock|{_BOOKED})?\\b{_INSTEAD}",
    f"(?:ca|wo)n'?t (?:(?:make|keep|play|use|do|come to|attend|take) {_OWN}|be (?:there|coming"
    f"|playing|needing)|come(?= on)|make (?:\\w+day|tomorrow|tonight|the \\d))\\b{_INSTEAD}",
    f"(?:cannot|can not|could not|unable to|not able to|not going to be able to) (?:make|keep|play"
    f"|use|come|attend|be there|take) ?(?:it\\b|{_OWN}|on\\b)?{_INSTEAD}",
    f"(?:do not|don't|dont|no longer|not|won't|wont) (?:need|want|require|be needing|be using)"
    f" (?:(?:my|our|the|that|this) (?:\\w+ ){{0,2}}{_BOOKED}|{_BOOKED} \\w\\b"
    f"|(?:a |any )?{_BOOKED}.*\\b(?:any ?(?:more|longer)|after all))",
    f"{_BOOKED}\\b.{{0,40}} (?:has|have|needs?|had|is|will have|'ll have|ought) to go(?! ahead| on"
    "| to)",
    "(?:not|won't be|aren't|isn't|no longer) (?:coming|turning up|playing|attending|showing up)"
    f"(?: (?:on|tonight|today|tomorrow|this|after all)|\\W*$){_INSTEAD}",
    "(?:remove|strike|take|scratch|cross) .{0,25}\\b(?:me|us|names?) (?:from|off|out of)",
    f"how (?:can|could|do|would|should|may) (?:i|we) (?:please )?cancel {_OWN}",
    f"call {_OWN} (?:\\w+ ){{0,4}}off|(?:take|pull) {_OWN} .{{0,30}}off the (?:calendar|schedule"
    "|sheet|list|board|plan)",
    f"{_BOOKED}\\b.{{0,20}} (?:(?:wo|is|are|was)n'?t|is no longer) (?:be )?"
    "(?:needed|required|wanted|happening|going)",
    "(?:scrub|drop|delete|remove|strike|clear|take|cross|scratch) .{1,30} (?:from|off|out of) (?:my"
    "|our) (?:bookings?|reservations?|list|calendar)",
    f"(?:don't|do not|dont|no need to) (?:keep|hold|save) {_OWN}|what (?:do|must|should) (?:i|we)"
    f" (?:have to |need to )?do to cancel {_OWN}",
    f"(?:have|get|want|like|need|see) {_OWN} (?:[\\w:]+ ){{0,4}}?{_BOOKED} (?:\\w+ ){{0,3}}?"
    "(?:cancell?ed|removed|deleted|dropped|released|freed)",
    "(?:booked|reserved) by mistake|(?:booking|reservation) (?:was|is) (?:a|an) (?:mistake|error)",
    f"(?:i|we)(?:'m|'re| am| are| have|'ve)? (?:out|to bail|bailing|to drop out|dropping out|to"
    f" skip|skipping|to miss|missing) (?:of |on |from )?(?:{_OWN}|tonight|today|tomorrow|\\w+day)",
)
CANCEL_TALK = _any(
    "(?:fee|charge|cost|penalty|policy)s? .*cancel",
    "cancell?ation (?:policy|fee|charge|terms)",
    "what (?:if|happens)|how (?:(?:do|can|would)(?! (?:i|we) (?:please )?cancel (?:my|our|the|that"
    "|this|to\\w+'s|\\w+day))|late|long|far|much|soon|early|often|many)"
    "|can i still cancel|if (?:i|we) (?:have to |need to |want to |must )?cancel",
    "(?:what(?! (?:do|must|should) (?:i|we) (?:have to |need to )?do to cancel)|why|who"
    "|where|until when|by when|when|(?<!how )(?<!what )do (?:i|we|you)|does|am i"
    "|is (?:it(?! (?:still )?(?:possible|too late) to cancel (?:my|our|the|a|it"
    "|\\w+'s)\\b)|there(?! (?:a|any) \\w+ to cancel (?:my|our)))|must (?:i|we)|may (?:i|we)"
    "|(?:can|could) (?:one|members|people|anyone)|are (?:we|you|there))\\b"
    "[^.!]*\\bcancel\\w*",
)
RECALL = (
    r"^(?:(?:and|so|ok|please|hi|hello),? )*"
    r"(?!have you (?:got )?(?:an?|any\w*|some\w*|space|room|free|open|courts?|slots?)\b)"
    r"(?:(?:did|have|had|has) (?:you|it|we|i|my|the|that)\b"
    r"[^?]*\b(?:book|booked|reserved?|made|got|get|done|do|gone?|worked?|confirmed)\b(?! (?:for|a"
    r"|an) \?)"
    r"|(?:what|which|when|where)(?:'s|s)? (?:\w+ )?(?:did|have|has) (?:i|you|we|it)\b"
    r"[^?]*\b(?:book|booked|reserved?|made|got|get|done|do)\b"
    r"|(?:what|which|when|where)(?:'s|s)? (?:\w+ )?(?:am|are) (?:i|we) (?:on|in|playing|booked)\b"
    r"|(?:what|which|when|where)(?:'s|s)? (?:\w+ )?(?:is |are |was |were )?(?:my|our)\b"
    r"[^?]*\b(?:booking|reservation|appointment|court|slot|loan)s?\b"
    r"|(?:show|list|tell|give|remind|check|see|view|look up|read)(?: me)?(?: of| about)? "
    r"(?:all )?(?:my|our|the) (?:\w+ )?(?:booking|reservation|appointment|loan)s?\b"
    r"|(?:is|was|are) (?:it|that|the court|everything|my (?:court|booking|slot)) (?:now |all "
    r"|really )?"
    r"(?:booked|reserved|done|confirmed|set|made)\b"
    r"|do (?:i|we) (?:already )?have (?:a|any|my|the)\b[^?]*\b(?:booking|reservation|appointment"
    r"|loan)s?\b(?! free| open))"
)
"""A question about what has been done already."""
PRICE = (
    r"\b(?:how much|what (?:does|do|would|will|is|are)[^.?!]*\b(?:cost|price|fee|rate|charge)s?"
    r"|price|prices|pricing|cost|costs|fees?|rates?|charges?|expensive|cheap(?:er|est)?"
    r"|free of charge|pay)\b"
)
YES = _opening(
    "ye+s+|yea+h*|yeh+|ye|yep+|yup+|ya+s*|aye|sure|ok(?:ay)?|k|oke?y[- ]?do(?:key|ke|kie)"
    "|okie[- ]?dok(?:ie|ey)|righto|alrighty|go on(?: then)?|go for it|roger|very well|gladly"
    "|with pleasure|happy with|suits me|correct|right|exactly|perfect|great",
    "fine|cool|awesome|lovely|excellent|wonderful|good|alright|all right|super|nice|y|brilliant",
    "uh[ -]?huh|mm+[ -]?hmm?|yessir|you (?:got it|bet)|works|proceed",
    "i would(?!n| like| prefer| rather)",
    "confirm(?:ed)?|agreed|absolutely|definitely|certainly|of course|indeed",
    "please do|go ahead|do it|do that|book it|book that|sounds|that works|works for me",
    "that'?(?:s| is| would| will| sounds| fits| suits)",
    "that(?:'?d|'?ll)? (?:is|was|be|do|would|will|should|sounds|fits|suits|time|1|one)",
    "it (?:does|is|works|sounds|looks)",
    "it'?s (?:all |perfectly )?(?:correct|right|fine|good|perfect|ok)",
    "i (?:confirm|agree|accept)|i(?:'?m| am) (?:good|fine|happy|ok|okay) with",
    "i (?:think|believe|guess) (?:that|it|so)|i'?d like that",
    "(?:everything|all of (?:it|that)) (?:is|looks)",
    "looks|all (?:good|correct|set)|by all means|why not|(?:hell|heck|oh),? (?:yes|yeah)",
    "(?:book|reserve)(?: now)?(?=(?: please)?\\W*$)|i (?:want|need) (?:it|that|this)(?: one| 1)?",
    "let'?s (?:do (?:it|that)|go)|i'?ll take (?:it|that)|please",
    before="oh|ah|well|great|perfect|um+|hmm|cool|nice|sweet|awesome|lovely|brilliant|please",
)
NO = _opening(
    "no|nope|nah|not|negative|none|neither|never|i don'?t (?:think|want)|don'?t",
    "nothing (?:else|more)|i don'?t like|that'?s not|that is not|actually,? no",
    "that (?:doesn'?t|does not|won'?t)|doesn'?t",
    before="oh|ah|well|um+|hmm|actually|sorry",
)
NOT_REFUSAL = (
    r"^(?:no (?:problem|worries)|not (?:a problem|bad)"
    r"|no,? that'?s (?:fine|good|perfect|right))\b"
)
THANKS = _opening(
    "thanks?|thank you|cheers|bye|goodbye|see you|have a (?:good|nice|great)",
    "that'?s (?:all|it)|that (?:is|was|would be|will be) (?:all|it|everything)",
    before="ok|okay|great|perfect|cool|alright|many|no",
)
GREETING = (
    r"^(?:(?:hi|hey|hello|dear|ok|okay|so|well|um+|excuse me|sorry|please)(?: there| you| guys)?"
    r"[,.! ]+)+(?!\w* ?$)"
)
FAREWELL = (
    r"\b(?:good)?bye\W*$"
    r"|^(?:ok(?:ay)?,? |and |so )?that(?:'s| is| was|(?:'ll| will| would) be)"
    r" (?:all|it|everything)\b"
)
WANT = _any(
    "(?:i|we|he|she|they)(?:'?d| would| will|'?ll)? ?(?:really |just |also |still )?"
    "(?:like|love|want|need|prefer|wish|hope|have to have)",
    "(?:want|need|like|looking|trying|hoping|wish|love|have|(?:i|we)(?:'?m|'?re| am| are) going)"
    " (?:to|for)|needs?|wanna",
    "gimme|give me|get (?:me|us)|can (?:i|we) (?:get|have|grab|book|reserve|borrow)",
    "(?:could|may|might) (?:i|we) (?:get|have|book|reserve|borrow)|let'?s",
    "i'?ll (?:take|have|be)|find (?:me|us)|set (?:me|us) up|set up|sign (?:me|us) up",
    "help (?:me|us) (?:with|get|book|find)|put (?:me|us) down|pencil",
    "try(?:ing)? (?:for|to|and)|preferences?|thinking (?:about|at|of)|would .{2,40} work",
    "try (?:and )?get|any chance|squeeze (?:me|us) in|interested in|will be at|in for",
)
DO = _any(
    "re-?book|book|reserve|schedule|arrange|hold|secure|grab|organi[sz]e",
    "mak(?:e|ing) (?:me|us|it|that|the|a|an|another|my|our)",
    "sort out|fix (?:me|us) up|fix up|set up|put in|lock in",
    "order|borrow|lend|rent|hire|buy|get|take",
)
BOOKING = _any("book|reserve|schedule|make|hold|secure") + "(?! (?:club|shop))"
FREE = _any(
    "available|availabilit(?:y|ies)|(?<!for )free(?! of (?:charge|cost))|openings?(?! (?:hours?"
    "|times?))|open",
    "vacan(?:t|cy|cies)|unoccupied|left|taken|occupied|in use|booked (?:up|out)",
)
ASKS = (
    r"\?|^(?:is|are|do|does|can|could|would|will|have|any|anything|what|which|when|where|who|how"
    r"|check|see|show|list|tell|find out|look|am|open)\b|"
) + _any(
    "(?:is|are) (?:there|any)|any(?:thing)?|(?:do|have) you (?:have|got)|check",
    "see (?:if|what|whether)|(?:know|tell me) (?:if|what|whether|which)|availability|look up",
    "to (?:see|know|check|find out)",
)
THERE_IS = _any("(?:is|are) (?:there|any)")
STOCK = (
    r"\b(?:know|see|wonder(?:ing)?|tell me|find out|check) "
    r"(?:what|which|if|whether|when|how many)\b|"
    r"\b(?:let me know|tell me|give me|send me|show me|need|want)(?: about| all| of)*"
    r" (?:the|your|all|any) (?:\w+ ){0,2}(?:free|open|available|availab\w+|vacan\w+)\b|"
    r"\b(?:do|have) you (?:still |also |already |perhaps |by any chance |happen to )*"
    r"(?:have|got|anything|something|any|a|an)\b|\b(?:is|are) there\b"
    r"|\bwhat (?:times|slots|courts|hours)\b"
    r"|^(?:you )?got (?:anything|any|something|a court|a slot|space|room)\b"
    r"|^what (?:are|were) (?:my|the|our) (?:options|choices|possibilities|chances)\b"
    r"|\bwhich\b|^(?:please )?(?:check|show|list|see|anything)\b"
)
HAVING = (
    r"^(?:(?:and|so|ok|please|hi|hello),? )*(?:(?:what|which)(?: \w+)? )?have (?:you|they) got\b"
    r"(?![^?]*\b(?:my|our|me|us|it|booked|reserved|done|confirmed|bookings?|reservations?"
    r"|appointments?|loans?)\b)"
)
"""A question about what is there, worded as one about what has been done may be."""
BARE_FREE = r"^(?:any|what|when|which|open|free|available)\b"
BARE_ASKED = (
    r"^(?!(?:how|what) (?:about|at)\b)(?![^?]*\b(?:you|i|we|us|me|please|book|reserve)\b)"
    r"[^?]{1,60}\?\W*$"
)
"""A bare day, hour or thing with a question mark: "courts tomorrow at 4pm?"."""
WHAT_CAN = r"^(?:what|which|when)(?: \w+){0,2} (?:can|could|may) (?:i|we) (?:get|have|take|book)\b"
"""A question about what there is, whose verb is no deed."""
CHECK_VERB = (
    r"^(?:what(?:'?s| is) )?(?:the |your )?(?:very )?(?:earliest|soonest|first|latest|next)\b"
    r".*\b(?:have|free|available|open|got|possible)\b|"
    r"^what(?:'?s| is| are| would be)? (?:the |your )?(?:very )?(?:earliest|soonest|first|latest"
    r"|last|next)\b"
    r"(?! (?:time|day) (?:i|we|you)\b)|"
    r"^(?:is|are|will|would) (?:it|you|the club|the courts?|things|that)(?: be)?(?: all| very"
    r"| really| that| too"
    r"| quite| pretty| so)* (?:busy|quiet|full|packed|crowded|empty|fully booked|booked (?:up|out"
    r"|solid)|sold out)\b"
    r"|\b(?:or )?is (?:it|that|one|any|there 1|there one)(?: still| also)? (?:free|available|open"
    r"|taken|full|busy|booked)\b|^would there be (?:a|any|some) (?:court|slot|room|space)s?\b|"
    r"^(?:(?:please|can you|could you) )?(?:check|look up)\b|^when can (?:i|we) (?:play|come|get)\b"
    r"|^(?:at )?(?:what|which)(?: \w+){0,2} (?:can|could|may|might|are|is) (?:i|we|a court|there)\b"
    r"|^when (?:can|could|may|might|would|will) (?:i|we)\b"
    r"|^how (?:busy|full|booked|free) (?:is|are) (?:it|things|(?:the |your )?(?:courts?|slots?))\b"
    r"|^(?:how|what)(?:'s| is| are| does| do) .{3,40} look(?:ing)?(?: like)?\b"
    r"|^(?:please |can you |could you )*(?:search|browse|scan|look up)(?: for)?(?: the| free"
    r"| open| any)*"
    r" (?:courts?|slots?|times?|hours?|openings?)\b"
    r"|^(?:can|could|may|might) (?:i|we) (?:come (?:and|to) )?(?:play"
    r"|come)\b(?!.*\b(?:book|reserve)\b)"
    r"[^?]*\?\W*$"
    r"|\bfind (?:me |us )?(?:some |any |the |out )?(?:free|open|available)\b"
    r"|^(?:is|are|would) .{3,40} (?:doable|feasible|possible|an option|workable|realistic"
    r"|bookable)\b"
    r"|^is (?:anyone|anybody|someone|somebody) (?:else )?(?:on|at|in|playing|using)\b"
    r"|^what(?:'s| is) (?:the )?(?:situation|state of play|availability|picture)\b(?! (?:of"
    r"|with) my)"
    r"|\b(?:courts?|slots?|hours?) (?:still )?remain(?:ing)?\b"
    r"|^are you (?:all |fully |completely )*(?:booked|full)\b"
    r"|^(?:does|do|would|will) .{3,40} (?:work|suit|fit)\b"
    r"|\b(?:look|check|checking|see) (?:whether|if|for)\b"
    r"|^what(?:'s| is) (?:open|free|on offer|left"
    r"|on(?= (?:tomorrow|today|tonight|\w+day|this|next|the)\b))\b"
    r"|^(?:is it|would it be) possible to (?:play|come|get a court)\b"
    r"|^what (?:do you have|have you got)\b|^is there (?:any )?(?:room|space|anything|something)\b"
)
OWN = (
    _any(
        r"(?:my|our|the) (?:\w+ ){0,2}?"
        "(?:booking|reservation|appointment|slot|court|table|loan|game|match|session|hour|lesson)s?"
    )
    + r"|(?:day|tomorrow|tonight)'s (?:\w+ )?(?:booking|reservation|appointment|slot|court|table"
    r"|loan|game|match|session|hour|lesson)\b"
    r"|\bi (?:have|had|made|booked|got)\b|\bthan (?:i |we )?(?:booked|planned|agreed)\b"
    r"|\bcourt [a-z] (?:to|for|into|with) court [a-z]\b"
)
CHANGE = _any(
    "chang(?:e|ed|ing)|re-?book|re-?schedul(?:e|ed|ing)|mov(?:e|ed|ing)|shift(?:ed)?|switch(?:ed)?"
    "|modif(?:y|ied)|amend(?:ed)?|alter(?:ed)?|updated?|postponed?|push(?:ed)?|delay(?:ed)?"
    "|add .{2,30} to my|put .{2,30} on my|(?:earlier|later|sooner) than (?:i "
    "|we )?(?:booked|planned"
    "|agreed)",
    "bring forward|swap|edit|extend|(?:make|have|put|bring|play|start)\\b.{3,40}\\b(?:earlier"
    "|later|sooner)"
    "|(?:put|bring)\\b.{3,30}\\b(?:back|forward)|exchange|trade|adjust|correct|instead of",
)
TALK = (
    r"^(?:(?:i|we) (?:had a|enjoyed|played|lost|won)\b(?!.*\bbook)"
    r"|what (?:is|was|are) the reason|why"
    r"|how many (?:courts|members|people|players|lanes)\b(?!.* (?:free|open|available|left))"
    r"|how (?:do|much|long|far|old|busy|is|many people|does|can)"
    r"|(?:many |so many )?(?:thanks?|thank you|cheers) (?:so much |a lot "
    r"|again )?for (?!(?:\w+ )*(?:book|reserv))"
    r"|where|who|when (?:do|does|did|was|(?:is|are) (?:you(?! free| available)|the club|it"
    r"|my|our))|last time"
    r"|tell me (?:a|about)"
    r"|what (?:day|time|date|year|month) is it|do (?:i|we) need"
    r"|does (?:the|your|this|it)(?!.* (?:available|free|open))"
    r"|(?:is|are|does|do|what time (?:is|does|do)) (?:(?:the|your) (?!court|slot)\w+|you)"
    r" (?:open|close)(?! for)|do you (?:take|accept|offer|allow|sell|teach|charge)"
    r"|(?:is|was|did|does|has|have|will|when|what|can you confirm)\b.* (?:my|our) (?:\w+ )?"
    r"(?:booking|reservation|appointment|slot|loan)"
    r"|(?:has|is|was) my|(?:my|our) (?:booking|reservation|appointment|loan)|see you"
    r"|what(?:'s| is| are) (?:your|the) (?:name|address|prices?|cost|rules"
    r"|opening|hours|weather|phone|number))\b|"
) + _any(
    "wasn'?t|weren'?t|was not|stolen|complain|complaint|broken|dirty|lost|forgot|allowed|bring",
    "okay to|ok to|park|parking|refund|receipt|voucher|price|cost|how much|weather"
    "|no need to|reason for",
    "remind|for sale|send (?:someone|somebody)|i left|left (?:my|a|an|his|her|their|some)"
    "|recommend",
    "running late|late (?:to|for)|be late",
    "(?:speak|talk) (?:to|with)|paid|charged|invoice|bill|complain",
    "(?:details|status|confirmation|copy|receipt) (?:of|for|about|at) (?:my|our)|haven'?t received",
    "last time i|directions|deposit|member(?:ship)?|password|dress code|food|menu|pets?|calendar",
)
ELSE_VERB = (
    r"^(?:(?:please|can you|could you) )?"
    r"(?:turn|wake|play|call|text|email|send|translate|flip|roll|add"
    r"|put(?! me| us)|pause|increase|decrease|read|spell|define|calculate|convert|sing|write)\b"
)
DECLARED = (
    r"^(?:at|on|for|by|from|make it|make that|how about|what about|let'?s|in the|the|this|next"
    r"|around|maybe)\b"
)
SUBJECT = _any(
    "book(?:ing)?|reserv(?:e|ation)s?|appointments?|slots?|availabilit(?:y|ies)|something"
    "|anything|session|game"
)
NAMED_DEED = _any("booking|reservation")
QUESTION = (
    r"^(?!(?:how|what) (?:about|at))"
    r"(?:is|are|do|does|did|what|which|when|where|who|how|am|was|has|have)\b"
)
SPOKEN_OF = r"^(?:(?:please|can you|could you) )?(?:spell|define|translate|pronounce|sing)\b"
"""Deeds done to words, so that what the words name is not wished for."""
OBJECT = (
    r"\b(?:book|reserve|schedule|arrange|order|get|find|make|set|need|want|like|hold|grab|buy"
    r"|borrow"
    r"|rent|have|add|call|play)\s+(?:me |us |up |in )*(?:an?|the|some|my|our|another|1|2|any)\s+"
    r"([a-z' -]+?)(?=\s+(?:for|at|on|from|in|to|with|under|by|this|that|next|tomorrow|today|tonight"
    r"|please|between|around|is|are|of|the|and|be)\b|[^a-z' -]|$)"
)
"""What a wish is for: the words between its article and what follows."""
OBJECTS = _any(
    "bookings?|reservations?|appointments?|slots?|spots?|places?|hours?|times?|games?|match(?:es)?",
    "sessions?|something|openings?|1|weeks?|fortnights?|days?|months?",
)
ELSEWHERE = _any(
    "alarm|timer|reminder|meeting|flight|hotel|train|taxi|cab|uber|ride|car|ticket|movie|film|song",
    "music|playlist|pizza|food|meal|recipe|dinner|restaurant|doctor|dentist|haircut|account|loan",
    "coffee|tea|drink|beer|water|snack|cake|burger|sandwich|bottle|visit|parking|umbrella",
    "email|call|message|weather|news|joke|list|calendar|event|plane|bus|room|table|concert|show",
    "spa|massage|manicure|barber|hairdresser|vet|plumber|cleaner|babysitter|parcel|package|visa",
    "desk|conference|theatre|theater|cinema|museum|opera|cruise|airbnb|apartment|van|bike|scooter",
)
"""What other assistants are asked for, foreign unless the application's own texts name it."""
ELSE_WISHED = (
    r"\b(?:get|book|order|buy|reserve|find|call|fetch) (?:me|us) (?:[a-z]+ )?([a-z]+?)s?"
    r"(?= (?:for|at|on|to|from|in|tomorrow|today|tonight)\b|\W*$)"
)
"""What somebody else is asked for without an article."""
AT_ELSEWHERE = (
    r"\b(?:at|in|to|for|from) (?:an?|the|my|our) (?:\w+ )?(restaurant|hotel|airport|cinema"
    r"|theatre|theater|concert|doctor|dentist|hairdresser|salon|spa|pub|museum|station|hospital)\b"
)
"""Places that a wish may be for, likewise."""
OWN_LEISURE = _any(
    "(?:i|we)(?:'?m| am|'?ll be| will be|'?re| are|'?d be| would be) "
    "(?:also |only )?(?:available|free|open)"
)
