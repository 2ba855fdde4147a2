"""What a plain request is made of, as patterns over normalised text."""

from __future__ import annotations

_GOOD = r"(?:great|lovely|nice|good|fine|perfect|wonderful|fantastic|brilliant|super|amazing|ideal)"
_ONE = r"(?:one|1|court|slot|time|option|place|it)s?"
COURTESIES = (
    r"be (?:a dear|a star|an angel|so kind|so good)(?: and| as to|,)?",
    (
        r"if (?:there(?:'?s| is| are)|you(?:'ve| have)(?: got)?|any(?:thing)? is|one is|it(?:'s"
        r"| is))(?: still| a| an| any"
        r"| one| 1| some| court| slot| anything| something)* (?:free|available|open|left)"
    ),
    (
        r"(?:hi|hello|hey|hiya|dear|greetings|howdy|yo)(?: (?:there|all|team|folks|everyone|guys"
        r"|again"
        r"|sir"
        r"|madam|assistant|club|batuta))*"
    ),
    r"(?:i |we )?(?:do )?hope (?:you|this|all|everything)\b[^.,;!?]*",
    r"long time no see|(?:please |kindly )note(?: that\b|:|,)",
    r"how are (?:you|things)(?: doing)?(?: §)?\??",
    (
        r"(?:i'?m |i am |we'?re |so |very )*sorry (?:to|for|about|if) (?:be )?(?:bother|troubl"
        r"|disturb"
        r"|the |i am both|this|keep)[^.,;!?]*?(?=,|\.|;|!|\bbut\b|$)(?:,? but\b)?"
    ),
    (
        r"(?:excuse|pardon) me|sorry(?=,? but\b),? but|(?:no |not in any )(?:rush|hurry|worries"
        r"|pressure"
        r"|stress|problem)(?: at all)?(?:,? but\b)?"
    ),
    (
        r"(?:only )?if (?:(?:that|it|this)(?:'?s| is| isn'?t| is not) )?(?:at all )?(?:possible"
        r"|feasible"
        r"|ok(?:ay)?|fine|all right|alright|convenient|no trouble|no bother|(?:too much )?trouble"
        r"|not too much (?:trouble|to ask)|no problem)(?: (?:with|for) you)?"
    ),
    (
        r"(?:only )?if you (?:please|don'?t mind|do not mind|wouldn'?t mind|get a chance"
        r"|have (?:a|1) (?:moment|minute|second|sec)|can|could|would|will|may|are able to)(?! not)"
        r"(?=[,.;!?]| *$)"
    ),
    (
        r"(?:when|whenever|once|as soon as) you (?:can|could|get a (?:chance|moment)|are free"
        r"|have (?:a|1) (?:moment|minute|minutes|second|sec|chance))"
    ),
    (
        r"as soon as possible|asap|a\.?s\.?a\.?p\.?|right away|straight away|right now|immediately"
        r"|at once"
    ),
    (
        r"(?:many |very many |so many )?(?:thanks|thank you|thx|ty|tks|cheers|ta)\b"
        r"(?! (?:\w+ ){0,3}?for (?:(?!help)\w+ing|the|my|our|a)\b(?! (?:help|info|advice|time"
        r"|reply)))(?: (?:so much"
        r"|a lot"
        r"|a (?:million|bunch|ton)|very much|in advance|again|loads|ever so much|you|kindly|mate"
        r"|guys"
        r"|for (?:your|the|all your|everything|helping)[^.,;!?]*))*"
    ),
    (
        r"(?:it'?s |it is |that'?s |that is |would be )?(?:much|very much|greatly|highly|really) "
        r"appreciated|(?:i |we )?(?:really |very much |would |do )*appreciate (?:it|that|this"
        r"|your help)"
        r"(?: (?:a lot|very much|so much))?(?! if)"
    ),
    (
        rf"(?:that|it|this|which)(?:'?d| would| will|'?ll) (?:really |just )?(?:be (?:really |so "
        rf"|just )?"
        rf"{_GOOD}|make my (?:day|week)|help (?:a lot|me|us|greatly)|suit me)(?! if)(?! to\b)"
    ),
    (
        r"you(?:'?re| are) (?:the best|a star|a (?:legend|saint|gem|darling|hero)|too kind|amazing"
        r"|great)"
    ),
    r"have a (?:nice|great|good|lovely) (?:day|one|weekend|evening|time|week|¶)",
    (
        r"(?:with )?(?:kind|best|warm)(?:est)? (?:regards|wishes)(?:,? [a-z]+(?: [a-z]+)?(?=\W*$))?"
        r"|regards(?:,? [a-z]+(?: [a-z]+)?(?=\W*$))?"
        r"|(?:yours )?sincerely(?:,? [a-z]+(?: [a-z]+)?(?=\W*$))?|bye(?: bye)?"
        r"|see (?:you"
        r"|ya)(?: (?:then|there|soon|later|around|§))?|(?:i'?m )?looking forward(?: to (?:it|that"
        r"|playing))?"
        r"|(?:i |we )?(?:can'?t|cannot|can not) wait(?: to (?:play|be there|get on court|try it))?"
    ),
    (
        r"(?:can you |could you |would you |please )?do (?:me|us) (?:a|1) (?:\w+ )?favou?r(?: and"
        r"|[:,])?"
    ),
    (
        r"if (?:i|we) may|"
        rf"(?:(?:i|we) )?(?:do not|don'?t|dont) (?:really )?(?:mind|care)(?: (?:which|what"
        rf"|where)(?: {_ONE})?"
        rf"(?: it is| you (?:pick|choose)| we get)?| at all)?(?:,? (?:but|just|so)\b)?"
    ),
    rf"(?:it )?(?:does not|doesn'?t|doesnt) matter(?: (?:which|what)(?: {_ONE})?| at all| to me)?",
    (
        rf"(?:any|either|whichever|whatever)(?: {_ONE})?(?: of them)? (?:will do|is (?:ok|fine|good"
        rf"|free"
        rf"|open|available)|works|would do|you (?:like|want|have))(?: (?:for|by|with) (?:me|us))?"
    ),
    (
        r"(?:just )?(?:a |1 )?(?:quick|small|simple|short|little) (?:one|1|request|question|thing"
        r"|ask)\b"
        r"(?: (?:for you|from me))?"
    ),
    (
        r"(?:so |and )?here(?:'?s| is| are) (?:the|my|our|what) (?:plan|request|wish|ask|deal|idea"
        r"|details"
        r"|i (?:want|need|would like))"
    ),
    (
        r"(?:my|our|the) (?:request|wish|plan|order)(?: is| would be)?(?=:)|as (?:discussed|agreed"
        r"|usual"
        r"|always|promised|mentioned)|before i forget|by the way|btw|fyi|one more thing"
    ),
    r"(?:i have )?no preferences?|surprise me|(?:you|i'?ll let you) (?:choose|decide|pick)",
    (
        r"(?:good to go|ready when you are|you know the drill|(?:i|we) promise|pretty please|pls"
        r"|plz"
        r"|with a cherry on top|fingers crossed|hooray|yay|wow|oh|ah|um+|uh+|hmm+|er+)"
    ),
)
"""What is said to be polite; it carries nothing."""
_I = r"(?:i|we|both of us|all of us)"
_ADV = (
    r"(?:please|kindly|just|also|really|now|then|possibly|perhaps|quickly|simply|still|again"
    r"|very much"
    r"|so|only|well|first|actually|definitely|certainly|maybe|ok|okay|right|all right|alright|great"
    r"|yes|yeah|sure|and|gladly|finally|therefore|alas)"
)
LEADS = (
    (
        rf"(?:(?:can|could|will|would|may|might) (?:you|u)|(?:can|could|may|might) {_I})"
        r"(?: be able to| be so (?:kind|good) (?:as|and)(?: to)?| help (?:me|us)(?: out)?(?: (?:to"
        r"|with|by|and))?"
        r"| try (?:to|and)| go ahead and| have a go at| manage to| arrange to| see to it to"
        r"| like to)?"
    ),
    (
        rf"(?:{_I} )?(?:would|could) (?:really |very much )?(?:like|love|want|need|prefer"
        rf"|be (?:glad"
        rf"|happy|keen"
        r"|delighted))(?: (?:for )?you)?(?: to)?(?: be able to| try (?:to|and))?"
    ),
    (
        rf"(?:{_I})(?:'?d| ?would|'?ll| ?will)? (?:really |also |just |still |very much |badly "
        rf"|urgently )*"
        r"(?:like|love|want|need|wish|prefer|ask you|request you|hope|have|hoped|wanted|needed)"
        r"(?: (?:for )?you)?(?: to)?(?: be able to| try (?:to|and)| have you)?"
    ),
    rf"{_I} (?:wanna|gotta|needa|gonna)|wanna|gimme",
    (
        rf"(?:{_I} ?(?:'?m|'?re|am|are|was|were|'?ve been|have been) )?(?:hoping|looking|trying"
        rf"|wanting|wishing"
        r"|aiming|keen|ready|eager|calling|writing|here|happy|delighted|in need|in the mood)"
        r"(?: (?:that )?(?:you|i|we) (?:could|can|would|might))?(?: (?:to|for|on|of))?(?: try (?:to"
        r"|and))?"
    ),
    (
        rf"{_I} (?:wonder|(?:'?m|am|was|were|are|'?re) wondering) if (?:you|i|we) (?:could|can"
        rf"|would"
        rf"|might)"
        r"(?: be able to)?"
    ),
    r"(?:please )?(?:do not|don't|never) forget to|(?:need|want|love|like|would like|'d like) to",
    r"help (?:me|us)(?: out)?(?: (?:to|with|by|and))?",
    r"let(?:'?s| us| me)(?: all| go and| try (?:to|and))?",
    (
        r"(?:is there |would there be )?(?:any|a|some) (?:chance|way|possibility) (?:of|to"
        r"|(?:that )?(?:you|i|we)"
        r" (?:could|can|might|would)|for (?:me|us|you) to)"
    ),
    r"(?:is it|would it be|might it be) (?:at all )?possible (?:for (?:me|us|you) )?to",
    r"(?:would|do) you mind|mind|care to|fancy",
    (
        rf"(?:it|that)(?:'?d| would) be (?:really |so )?{_GOOD} (?:if (?:you|we|i) (?:could|can"
        rf"|would)"
        rf"|to)"
    ),
    rf"(?:if you (?:could|would|can)|{_GOOD} if you (?:could|would|can))",
    (
        rf"{_I}(?:'?d| would) (?:really |very much |greatly )?(?:appreciate it|be (?:so |very "
        rf"|most "
        rf"|really )?(?:grateful"
        r"|thankful|glad|happy|obliged)) if you (?:could|would|can)?"
    ),
    (
        r"go ahead(?: and|,)?|be (?:a dear|so kind|a star)(?: and| as to|,)?|feel free to"
        r"|make sure (?:to|you)"
        r"|be sure to|it'?s time to|time to|your (?:task|job) is to|please see that you"
    ),
    rf"{_I} (?:have|'?ve got|'?ve|got|need|ought) to",
    r"how at|what at|(?:it|that) is possible to",
)
"""What may stand before the verb of a request, the speaker's own and of now."""
ADVERBS = _ADV
WANTS = (
    rf"{_I}(?:'?d| ?would|'?ll| ?will)? (?:really |also |just |still |very much )*(?:like|want"
    rf"|need|love|prefer|fancy"
    r"|take)|(?:need|want|require|requesting)(?! (?:to|you|i|someone|somebody))"
    r"|(?:can|could|may) (?:i|we) (?:get|have)"
)
"""What may stand for a verb where the thing itself follows."""
_FREES = r"(?:court|slot|it|the|my|our)\b.*\b(?:available|free|vacant|empty|open)\b"
VERBS = (
    r"(?:re-?book|book|reserv|schedul|arrang|hold(?!(?:ing)? o(?:n|ff)\b)|secur|grab|organi[sz]"
    rf"|mak(?!(?:e|ing) {_FREES})|get|set(?! {_FREES})|sort|fix|order|borrow"
    r"|rent|hir|tak|find|have|put|sign|pencil|play|lock|snag|nab"
    r"|confirm(?! ?(?:~|(?:my|our|your|the|that|this|it|whether|if)\b))|request|creat|register"
    r"|enrol|buy"
    r"|lend|add|squeeze|try)(?:e|ing|ting|ding|bing|ling|es|s|ring)?"
)
"""What a request asks to do, in the forms that it can stand in."""
PEOPLE = (
    r"(?:people|persons?|players?|adults?|kids|children|guests?|members?|pax|participants?|friends"
    r"|of us"
    r"|ladies|men|women|juniors|beginners)"
)
COMPANY = (
    rf"(?:{PEOPLE}|friend|mate|buddy|pal|partner|colleague|co-?worker|boss|neighbou?r|wife|husband"
    r"|spouse|girlfriend|boyfriend|mum|mom|dad|mother|father|parents?|brother|sister|siblings?|son"
    r"|daughter|cousin|uncle|aunt|niece|nephew|grandson|granddaughter|grandpa|grandma|family|team"
    r"|guest|visitor|client|customer|child|kid|boy|girl|man|woman|guy|lady|student|classmates?"
    r"|mates|buddies|colleagues|partners|neighbou?rs|person|adult|player|member|opponent|pair"
    r"|couple|group|crew|squad|gang|him|her|them|you|someone|somebody)"
)
"""Whom one plays with."""
FACILITIES = (
    r"(?:heat\w*|light\w*|roof|lamp\w*|balls?|rackets?|racquets?|shade|shower|cover|music|wifi"
    r"|parking|coffee|food|drinks?|breakfast|lunch|dinner|water|towel|coach|trainer|instruct\w*"
    r"|umpire|lesson|insurance|discount|no|out|it|that|this|everything|all|both|priority|camera"
    r"|glass|grass|clay|carpet|floodlight\w*|air|access|equipment|gear|only|less|more)\b"
)
"""What a thing may come with, which is part of the wish for it."""
EXCEPT = (
    r"(?:but not|but|except(?: for)?|other than|apart from|anything but|neither|not|bar|save"
    r"|excluding"
    r"|without)"
)
"""What turns the name of a thing that follows into one that is not wanted."""
HARMLESS = (
    (
        rf"(?:any|a|an|either|some)? ?(?:court|slot|one|1|table|copy|room"
        rf"|seat)?,? ?{EXCEPT} (?:court "
        rf"|slot |number )?"
        r"(?:[a-z]|\d{1,2})(?:(?:,| or| nor| and|, or)(?: not)? (?:court )?[a-z])*(?= |$)"
    ),
    (
        rf"(?:for |with )?(?:the )?(?:\d+|both|all|some) (?:\w+ )?{PEOPLE}|(?:a )?(?:party|group"
        rf"|team) of \d+"
    ),
    r"(?:for|with) \d+(?= *(?:$|[,.!?]|¤|§|¶|please|at|on))",
    (
        r"(?:just |only )?for (?:me|us|myself|ourselves)(?: (?:2|3|4|both|all|alone|only|too))?"
        r"(?: (?:and|plus|\+) (?:(?:a|an|my|1|2|3|some|the|our) )?(?:\w+ )?\w+)?"
    ),
    (
        rf"(?:together |along )?with (?:(?:my|our) (?:\w+ )?\w+|(?:(?:a|an|some|the|1|2|3|another"
        rf"|other) )?(?:\w+ )?{COMPANY}(?: \w+)?|(?!{FACILITIES})[a-z]+(?<!ing)(?<!s))"
        r"(?: and (?:my )?\w+)?"
    ),
    (
        r"for (?:a|an|the|my|our|some|1|another|1 more)? ?(?:\w+ )?(?:game|match|hit|practi[cs]e"
        r"|training|session"
        r"|lesson|singles|doubles|knock[- ]?about|knock|set|play|tennis|fun|exercise|workout"
        r"|tournament|rally"
        r"|warm[- ]?up|clinic|mixed|visit|appointment|check[- ]?up|celebration|get[- ]together"
        r"|meet[- ]?up)s?"
        r"(?: of \w+| with (?:a |an |my |our |some |the )?(?:\w+ )?\w+)?"
    ),
    r"(?:so|so that|in order) (?:that )?(?:i|we) can [^.,;!?]*",
    (
        r"(?:in order )?to (?:play|practi[cs]e|train|hit|warm up|celebrate|enjoy|improve|work on"
        r"|get some"
        r"|have (?:a|some)|exercise|relax|stretch|learn|prepare|catch up|rally|unwind|start|borrow"
        r"|read) ?[^.,;!?]*"
    ),
    (
        r"(?:because|cause|'cause|since|as|now that|seeing (?:as|that)|given that) (?:i|i'm|we're"
        r"|i've|we've|it's|he's|she's|we|it|my|our|the|that|there|this|he|she|they|today"
        r"|§)\b[^.;!?]*"
    ),
    r"(?:because of|due to|owing to|in view of|given) (?:the|my|our|this|that|it) [^.,;!?]*",
    r"because of [^.,;!?]*",
    r"(?:under|in|on) (?:my|our) (?:own )?(?:name|account|membership|behalf)",
)
"""What a request may say beside what is wanted: with whom, what for, and why."""
EXPLAINS = (
    r"(?:is|are|am|has|have|will|can|'s|'re|'m|'ve|'ll|'d|would|want|wants|need|needs|love|loves"
    r"|like"
    r"|likes|play|plays|enjoy|enjoys|feel|feels|prefer|prefers|hope|hopes|live|lives|work|works"
    r"|train"
    r"|trains|look|looks|deserve|deserves|miss|misses|start|starts|come|comes|arrive|arrives|visit"
    r"|practi[cs]e|bring|brings|turn|turns|it's|that's|i'm|we're|i've|we've|i'll|we'll|there's|he's"
    r"|she's|they're|they|makes|make)"
)
"""A verb that makes a clause a statement of the present."""
FREE = frozenset(
    """
    a an the this that it its one 1 1st first next another some any me us my our your i we you
    to for on at in of by from with and or then as so up down out please kindly just also too
    again more once is be would like will available free open empty spare vacant nearest earliest
    soonest possible best good nice same whichever whatever either day date time hour slot
    spot place booking reservation appointment session item something
    anything today tomorrow tonight now thanks ok okay yes name called titled entitled about
    oclock start starting beginning begin around approximately sharp exactly starts
    new single latest pm am later early late earlier within between hours window kind type sort
    preferably prefer ideally if-possible member set do it's i'd there here bit little than
    """.split()
)
"""Words that carry nothing beyond what the rules for values have taken."""
DEEDS = (
    r"\b(?:re-?book|book|reserve|schedule|make|mak|set up|hold|secure|borrow|order|rent|hire|get"
    r"|grab)"
    r"(?:ing|ting|bing)?\b"
)
"""What names a deed so plainly that it may be done at once."""
NO_OBJECT = (
    r"^((?:in|out|off|over|about|into|of|from|by|around|through|without)\b)"
    r"(?! (?:~|for|me|us|please|at|on|a|an|the|1|one|any|some)\b|\W*$| ~)"
    r"|^(?:out|off|over|about|into)\b"
)
"""What stands behind a verb that asks for no thing: "order in court", "rent out"."""
TOLD_OF = (
    r"^(?!.*\b(?:that|which\w*|what\w*|if|because|as|since)\b)"
    r"(?:me |us |~ )?(?:[a-z]+ ){1,3}(is|are|was|were|will|would|has|had|does|did)\b"
)
"""A verb behind what looked like the thing asked for: "book club is tomorrow"."""
OPEN_STILL = (
    r"\b(?:first|yet|still|later|before|until|(?:dis)?agree\w*|approv\w*|permi\w+|allow\w*"
    r"|check\w*|decid\w*|decision|discuss\w*|test\w*|try\w*|trial|demo|exampl\w*|draft|idea"
    r"|confirm\w*|certain|sure|final\w*|asks?|asking|depend\w*|plan|option|only|just|practice run"
    r"|what|who|whose|which|how|why)\b"
)
"""What a statement beside a request leaves open, or tells of somebody's words."""
AHEAD = (
    r"\b(?:i|we)(?:'ll| will| shall|(?:'m|'re| am| are) (?:going|about|yet) to|(?:'ve"
    r"| have)(?: got)? to"
    r"| must| need to)\b ?(?:also |all |both |surely |certainly |definitely |gladly )*"
)
"""What the speaker is about to do."""
HARMLESS_AHEAD = (
    r"(?:be|have|bring|play|come|arrive|wear|meet|train|practi[cs]e|drive|walk|cycle|celebrate|enjoy"
    r"|warm up|start|leave|go|get|pay|work|travel|fly|miss|love|like|need|want|show up"
    r"|turn up|stretch"
    r"|rest|run|move|exercise|lose|improve|win|hit|use|take it|see you)"
)
"""What one may be about to do without putting a wish off."""
MARKING = (
    r"(?:re-?book|book|reserv|schedul|arrang|secur|borrow|rent|hir|order|cancel)\w*|mak(?:e"
    r"|ing) (?:me|us|a|the|it)"
)
"""Deeds that make a clause beside the request more than a statement."""
