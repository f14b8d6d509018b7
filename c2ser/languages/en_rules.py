"""How English says that an emotion is the speaker's, or that it is not."""

from c2ser.languages.language import ANY, BLANK, HINT, WORD, EmotionRules

_W = r"[\w'-]+"
_IN_SENTENCE = rf"[^.;!?{WORD}{HINT}]"
_IN_CLAUSE = rf"[^.,:;!?{WORD}{HINT}]"
_CONJUNCTION = (
    r"(?:and/or|and|or|nor|but also|as well as|mixed with|mingled with|combined with|along with|coupled with)"
)
_MODIFIERS = (
    r"(?:(?:also|perhaps|maybe|possibly|both|either|even|an?|any|some|the|of|to|in|very|quite|rather|"
    r"strong|deep|slight|great|clear|obvious|intense|"
    r"(?:it|she|he|they)? ?(?:could|may|might)(?: also)? be|is|was|to be|\w+ly)\s+)*"
)
_JOINT = rf"(?:\s*[,/&+()]\s*(?:{_CONJUNCTION}\s+)?|\s+{_CONJUNCTION}\s+){_MODIFIERS}"
_LIST = rf"{ANY}(?:{_JOINT}{ANY}){{0,12}}"
# "not A, B" denies A only, "not A, B or C" all of them.
_DENIED_LIST = rf"{ANY}(?:(?:,\s*{_MODIFIERS}{ANY})*,?\s+(?:and|or|nor)\s+{_MODIFIERS}{ANY})*"
_NEGATION = (
    r"(?:\b(?:not|cannot|no|none|nobody|nothing|never|neither|nor|without|hardly|barely|scarcely|free of|far from|"
    r"instead of|rather than|as opposed to|unlike|lack\w*|absence of|devoid of|anything but|less|pretend\w*|feign\w*|"
    r"fak(?:e|es|ed|ing)|fails? to|rul(?:e|es|ed|ing) out|exclud(?:e|es|ed|ing)|mistak\w+ (?:\w+ )?for)|n't)"
)
_BREAK = (
    r"(?:but|rather|instead|only|just|yet|however|although|though|because|she|he|they|it|I|while|who|which|until|"
    r"and (?:is|are|sounds?|seems?|appears?|feels?|remains?|shows?|expresses|conveys|thus|therefore|so|the|this))\b"
)
# What denies "that the speaker is angry".
_DISBELIEF = (
    r"(?:\b(?:not|cannot|never|nobody|no one|hard|hardly|difficult|wrong|impossible|mistake|mistaken|incorrect|"
    r"exaggeration|stretch|inaccurate|misleading|unlikely)\b|n't\b)"
)
_JUDGING = (
    r"\b(?:say|call|claim|conclude|describe|think|believe|suggest|mean|imply|assume|find|consider|classify|label|infer|"
    r"hear|detect|true|correct|the case|expect)\b"
)
_OTHERS = (
    r"(?:mother|father|mom|mum|dad|parents?|brothers?|sisters?|sons?|daughters?|wife|husband|friends?|boss|bosses|"
    r"customers?|clients?|neighbou?rs?|dogs?|cats?|audience|listeners?|viewers?|readers?|hearers?|colleagues?|"
    r"co-?workers?|teachers?|students?|crowd|people|others|partner|opponents?|enemy|girlfriend|boyfriend|"
    r"grandmother|grandfather|baby|babies|addressee|interlocutor|interviewer|characters?|victims?|everyone|everybody|"
    r"kids|uncle|aunt|manager|landlord|guests?|fans?)"
)
_SPEAKER = (
    r"\b(?:speaker|person|woman|man|girl|boy|lady|guy|child|caller|someone|she|he|they|voice|tone|it|this|that|"
    r"delivery|who|prosody|intonation|speech|utterance|audio|clip|recording|I)\b"
)
_COPULA = (
    r"(?:\b(?:is|are|was|be|being|been|sounds?|sounding|seems?|appears?|feels?|feeling|remains?|gets?|grows?|becomes?|"
    r"suggests?|indicat(?:es?|ing)|points? to|convey(?:s|ing)?|express(?:es|ing)?)\b|'s\b|'re\b)"
)
_NAMED = (
    r"\b(?:emotions?|emotional (?:state|tone)|feelings?|mood|sentiment|label|answer|category|class|prediction|guess|"
    r"verdict|conclusion|choice|result|state)\b"
)

RULES = EmotionRules(
    lookalikes=(
        r"\bI(?:'m| am) (?:afraid|sorry|glad|happy|sad) (?:I|to|that I|but|not|so|there|this|that)\b",
        r"\b(?:happy|glad|pleased|delighted) to (?:help|assist|be of|answer|hear)\b",
        r"(?:^|[.!?]\s*)(?:sadly|happily|gladly|surprisingly|amazingly|frustratingly|calmly speaking),",
        r"\b(?:sad|glad|happy) to say\b|\bto (?:my|our) (?:surprise|regret|joy)\b|\bfor fear of\b",
        r"\bhappy (?:birthday|new year|hour|ending|meal)\b|\bmerry christmas\b|\bmad (?:scientist|hatter)\b",
        r"\b(?:mad|sad|happy|angry|afraid)(?=-\w)|\b(?:gender|carbon|climate|price|net)[- ]neutral\b",
        r"\b(?:named|(?:first|last|family|her|his) name is|mrs?\.|ms\.?|miss)\s+\w+",
        # "could not be angrier" is angry.
        r"\b(?:can|could)\s*(?:n't|not)(?= be (?:any |more )?(?:more|\w+(?:ier|der|mer))\b)",
    ),
    turns={
        r"\b(?:no doubt|without (?:a |any )?(?:shadow of (?:a )?)?doubt|beyond (?:any )?doubt|no question|"
        r"without question|no wonder|nothing but|not only|not just|not merely|not simply|more or less|"
        r"needless to say|not surprisingly|no mistaking|no denying|none other than|no less|no secret)\b": BLANK,
        r"(?:\b(?:not|cannot|nobody|no one|never)\b|n't)(?:\s+\w+){0,2}?\s+fail(?:s|ed)?\s+to": BLANK,
        rf"\bnever\b(?=[^.,;!?]{{0,40}}\b(?:so|such|more|as)\s+{ANY})": BLANK,
        r"(?:\b(?:not?|cannot|nobody|no one|never|hard(?:ly)?|impossible|difficult|fails? to|unable|little)\b|n't)"
        r"(?:\s+(?:can|could|would|be|to|really|even|possibly|ever|quite|fully))*\s+"
        r"(?:den(?:y|ied|ying)|disput\w+|doubt(?:ed|ing)?|question(?:ed)?|mistak\w+(?! (?:\w+ )?for)|miss(?:ed)?|"
        r"overlook\w*|ignor\w*|hid(?:e|den|ing)|conceal\w*|mask(?:ed)?|disguis\w*|suppress\w*|contain(?:ed)?|help)\b"
        r"(?: but)?": BLANK,
        rf"\bless\s+({ANY})\s+than\b": r"not \1 but",
        rf"\bnot so much\s+({ANY})\s+as\b": r"not \1 but",
    },
    joint=_JOINT,
    denied=(
        rf"{_NEGATION}\s+(?:(?!{_BREAK}){_W}\s+){{0,8}}?{_DENIED_LIST}",
        rf"{_DISBELIEF}(?:(?!\bbut\b|\byet\b){_IN_CLAUSE}){{0,80}}?{_JUDGING}(?:(?!\bbut\b|\byet\b|\brather\b){_IN_CLAUSE}){{0,80}}?"
        rf"{_DENIED_LIST}",
        rf"\b(?:unlikely|doubts?|doubtful|doubted|den(?:y|ies)|no (?:sign|hint|trace|indication|evidence)s?)\b"
        rf"(?:(?!\bbut\b|\byet\b){_IN_CLAUSE})*?{_DENIED_LIST}",
        rf"{_LIST}\s+(?:is|are|was|were|can|could|does|do|seems?|appears?)\s*(?:not|n't|hardly|never|be ruled out|"
        rf"be excluded|ruled out|excluded|absent|missing|unlikely|out of the question|lacking)\b",
        rf"\bthan\s+(?:{_W}\s+){{0,4}}?{_DENIED_LIST}",
    ),
    unsaid=(
        rf"\b(?:whether|unless|(?<!as )(?<!even )if(?! (?:I|we|one|you) (?:had|have|must|were|should)|anything))\b"
        rf"(?:[^.,;:!?{WORD}{HINT}]|{_LIST})*",
        r"(?:^|[.!?;,:]\s*|\b(?:or|and|but|so)\s+)"
        r"(?:is|are|was|were|does|do|did|can|could|would|should|might|what|which|"
        r"who|how|why)\b[^.!?;]*\?",
        rf"(?:^|[.!?;]\s*)(?:an?\s+)?{_LIST}\s*\?"
        r"(?!\s*(?:yes|yeah|yep|indeed|definitely|certainly|absolutely|[\u3400-\u9fff]))",
        rf"\b(?:options?|choices?|categories|classes|labels|candidates|list|choose|select|pick|one of|among|between|"
        rf"from|following|such as|e\.g\.|for example|for instance|emotions like)\b[^.;!?{WORD}{HINT}]{{0,40}}?"
        rf"{ANY}(?:{_JOINT}{ANY})+",
        rf"{ANY}\s+(?:(?:old|young|little|own|elderly|former)\s+)?{_OTHERS}\b",
        rf"\b{_OTHERS}(?:'s?)?\s+(?:(?!(?:speaker|she|he|they|it|I|voice|tone|sounds?|say|think|call|hear|agree|but|and|yet)\b)"
        rf"{_W}\s+){{0,4}}?{_LIST}",
        rf"\bhow\s+{ANY}\s+(?:{_W}\s+){{0,2}}?{_OTHERS}\b",
        rf"{_LIST}\s+would\b(?! be (?:my|the)| fit| describe| match)",
    ),
    minor=(
        rf"\b(?:although|though|even though|while|whereas|despite|in spite of|even if|regardless of)\b"
        rf"(?:[^.;!?,{WORD}{HINT}]|{_LIST}(?!\s+(?:clearly\s+)?(?:dominat|prevail|outweigh)))*",
        rf"\b(?:hints?|touch|traces?|tinges?|tinged|bit|undertones?|notes?|dash|shades?|elements?|flicker|"
        rf"slight(?:ly)?|somewhat|a little|some|secondary|secondarily|lesser|minor|followed by|bordering on|"
        rf"(?<!mixed )(?<!mingled )with(?!{_IN_CLAUSE}*{ANY}\s+(?:dominating|prevailing))|faint|undercurrents?|"
        rf"overtones?|laced)\b(?!\s+voice){_IN_CLAUSE}{{0,30}}?{_LIST}",
        rf",\s*(?:mixed|mingled|blended|combined|coupled)\s+with\b{_IN_CLAUSE}{{0,30}}?{_LIST}",
        rf"\b(?:words|wording|text|content|sentences?|transcript|lyrics|statement|story|message|topic|literally)\b"
        rf"(?:(?!\b(?:spoken|said|uttered|delivered|pronounced|voice|tone|speaker|but|and|yet|she|he)\b){_IN_CLAUSE}){{0,80}}?"
        rf"{_LIST}",
        rf"\b(?:behind|beneath|underneath|under)\s+(?:an?|the|her|his|their)\s+(?:{_W}\s+){{0,2}}?{_LIST}",
        rf"\b(?:one|you|some|people|listeners?|many)\s+(?:might|may|could|would)\s+(?:\w+\s+)?"
        rf"(?:think|expect|assume|suspect|believe|take)\b{_IN_CLAUSE}*?{_LIST}",
        rf"\b(?:seemingly|outwardly|on the surface|superficially|at first(?: \w+)?,?|initially,?|originally|"
        rf"start(?:s|ed|ing)?|begin\w*|began|tr(?:y|ies|ying) to (?:sound|appear|seem|look|be)|used to|formerly|"
        rf"previously|earlier|usually|normally)\b{_IN_CLAUSE}*?{_LIST}",
    ),
    predicated=(rf"{_SPEAKER}{_IN_SENTENCE}{{0,50}}?{_COPULA}{_IN_SENTENCE}{{0,40}}?{WORD}",),
    concluded=(
        rf"{_NAMED}{_IN_SENTENCE}{{0,60}}?(?:\b(?:is|was|are|as|be|being|of|to)\b|[:=]|->|→)"
        rf"{_IN_SENTENCE}{{0,30}}?{WORD}",
        rf"\b(?:therefore|thus|hence|overall|in conclusion|in summary|in sum|to sum up|in short|all in all|"
        rf"taken together|altogether|ultimately|in the end|finally|consequently|"
        rf"accordingly|as a result|but|however|actually|"
        rf"in fact|in reality|on second thought|no wait|instead|correction)\b{_IN_SENTENCE}*?{WORD}",
        rf"(?:^|[.,;]\s+|\band\s+)so,?\s+(?:the|she|he|it|this|that|they|we|I|her|his|my)\b{_IN_SENTENCE}*?{WORD}",
        rf"\b(?:conclude|classif\w+|label(?:l?ed)?|identif\w+|categori[sz]\w+|guess|choose|pick|select|go with|"
        rf"going with|opt for|(?:would|'d) say|turns? out|describ\w+ as|recogni[sz]ed as|interpreted as|"
        rf"infer(?:s|red)?|deduced?)\b"
        rf"{_IN_SENTENCE}{{0,60}}?{WORD}",
        rf"{WORD}\s+(?:is|seems|appears|was|would be)\s+(?:to be\s+)?(?:the|my|what)\b",
        rf"(?:^|(?<=[.!?]))[^\w{WORD}{HINT}]*(?:[A-Ha-h1-9][.):]\s*)?{WORD}[^\w{WORD}{HINT}]*(?=[.!?]|$)",
    ),
    ranked=(
        rf"\b(?:dominant|dominat\w+|primary|primarily|main|mainly|mostly|most|strongest|overriding|predominant(?:ly)?|"
        rf"prevailing|above all|best|largely|chiefly|first and foremost|more)\b{_IN_SENTENCE}{{0,40}}?{WORD}",
        rf"{WORD}\s+(?:clearly\s+)?(?:dominates|prevails|predominates|outweighs|stands out|dominating|prevailing|"
        r"being the)",
    ),
    saying=(
        r"\b(?:say|says|said|saying|words?|hear|heard|utters?|shouts?|exclaims?|asks?|replies|transcript(?:ion)?|text|"
        r"sentences?|phrases?|quotes?|mentions?|tells?|reads?|repeats?|calls?|whispers?|screams?)\b[^\w.;!?]*$"
    ),
    copula=r"\b(?:is|sounds|seems|appears|feels)\s+(?:to be\s+)?",
    afterthought=(r"[\s,]*(?:and|or|but|yet|though|although|if|mixed|mingled|tinged|laced|blended|bordering|with)\b"),
)
