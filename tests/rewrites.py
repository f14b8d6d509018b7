"""Rewritten rationales written by hand, good ones and bad ones, that the checker has to tell apart.

A case is (pitch, energy, rate), the transcript, the emotion, the language of the rationale, and the rewrite.
"""

SEVEN = "It's seven o'clock."
FRIDGE = "Der Lappen liegt auf dem Eisschrank."
TREACHEROUS = "I am so happy, and he talks so fast!"
HOME = "我们现在就回家吧。"
WEATHER = "今天天气真好"
LOW, MEDIUM, HIGH, NAN = "low", "medium", "high", "nan"

GOOD = [
    # English
    (
        (LOW, LOW, LOW),
        SEVEN,
        "sad",
        "en",
        "Speaking slowly, in a low-pitched and quiet voice, the person says \"It's seven o'clock.\" "
        "All of this points to someone who is sad.",
    ),
    (
        (HIGH, HIGH, HIGH),
        SEVEN,
        "angry",
        "en",
        "The voice is loud and high in pitch, and the words \"It's seven o'clock\" rush out rapidly. "
        "The speaker is evidently angry.",
    ),
    (
        (MEDIUM, MEDIUM, MEDIUM),
        SEVEN,
        "neutral",
        "en",
        "With a medium pitch, an average volume and a moderate speed, the speaker states: \"It's seven o'clock.\" "
        "Nothing stands out, so the emotion is neutral.",
    ),
    (
        (HIGH, MEDIUM, HIGH),
        "Look what I have found!",
        "surprised",
        "en",
        "A high-pitched voice, neither loud nor quiet, quickly exclaims “Look what I have found!”, "
        "and so the speaker appears surprised.",
    ),
    (
        (LOW, HIGH, MEDIUM),
        FRIDGE,
        "disgusted",
        "en",
        'The pitch stays low while the volume is high, and the pace is moderate as "Der Lappen liegt auf dem '
        'Eisschrank" is spoken. The speaker therefore sounds disgusted.',
    ),
    (
        (HIGH, LOW, HIGH),
        "Please don't leave me alone.",
        "fearful",
        "en",
        'In hurried speech with a soft, high-pitched voice, one hears "Please don\'t leave me alone." '
        "This leads to the conclusion that the speaker is fearful.",
    ),
    (
        (HIGH, HIGH, MEDIUM),
        TREACHEROUS,
        "angry",
        "en",
        "At a normal pace, but with raised volume and an elevated pitch, the speaker utters "
        '"I am so happy, and he talks so fast!" Despite the words, the voice reveals someone angry.',
    ),
    (
        (MEDIUM, LOW, LOW),
        "",
        "bored",
        "en",
        "The talking is slow and rather quiet, and its pitch lies in a middle range; the speaker seems bored.",
    ),
    (
        (NAN, HIGH, HIGH),
        SEVEN,
        "happy",
        "en",
        "A loud, brisk voice announces \"It's seven o'clock.\" Taken together, this sounds joyful and happy.",
    ),
    (
        (HIGH, MEDIUM, NAN),
        SEVEN,
        "happy",
        "en",
        "What is heard is \"It's seven o'clock\", in a high pitch and at a medium volume. One can conclude that the "
        "person is happy.",
    ),
    (
        (NAN, NAN, NAN),
        SEVEN,
        "sad",
        "en",
        "What the speaker says here is \"It's seven o'clock,\" and the impression that it leaves is that of being sad.",
    ),
    (
        (LOW, MEDIUM, LOW),
        "Nobody came to the party",
        "sad",
        "en",
        "The tempo is slow and the tone is deep, with the loudness kept at a moderate level. The speaker tells us, "
        '"Nobody came to the party." From this, the emotion can be taken to be sadness.',
    ),
    (
        (MEDIUM, HIGH, HIGH),
        "Give it back, now!",
        "angry",
        "en",
        '"Give it back, now!" is spoken rather fast and quite loudly, though the pitch is only moderate. '
        "It follows that the speaker feels anger.",
    ),
    (
        (MEDIUM, MEDIUM, HIGH),
        "We won",
        "excited",
        "en",
        'Both pitch and volume are medium, whereas the speaking rate is high when "We won" is said, '
        "which suggests that the speaker is excited.",
    ),
    (
        (LOW, LOW, MEDIUM),
        FRIDGE,
        "sleepy",
        "en",
        'Pitch and volume are both low and the speech rate is average; the sentence is "Der Lappen liegt auf dem '
        'Eisschrank". Overall, the person sounds sleepy.',
    ),
    (
        (HIGH, MEDIUM, LOW),
        "You are here already?",
        "surprised",
        "en",
        "Although the words come slowly and at an ordinary volume, the voice is pitched high: "
        '"You are here already?" All in all, the speaker is surprised.',
    ),
    (
        (MEDIUM, MEDIUM, LOW),
        "I have told you this before",
        "frustrated",
        "en",
        "The speaker takes a slow pace, keeps pitch and volume at medium levels and says "
        '"I have told you this before", from which we may infer that they are frustrated.',
    ),
    (
        (MEDIUM, MEDIUM, MEDIUM),
        "The meeting is at nine",
        "neutral",
        "en",
        "The speech is neither fast nor slow, of moderate pitch and moderate loudness. The content is "
        '"The meeting is at nine". Thus the speaker\'s emotion is neutral.',
    ),
    (
        (HIGH, HIGH, LOW),
        "What a lovely morning",
        "happy",
        "en",
        "Unhurried, yet with high pitch and high volume, the speaker says “What a lovely morning”. "
        "This is the voice of a happy person.",
    ),
    (
        (LOW, HIGH, HIGH),
        "Get out of my house",
        "angry",
        "en",
        "Someone is speaking in a deep, booming voice and at a quick pace. The words are “Get out of my house”. "
        "The most fitting emotion is anger.",
    ),
    # Chinese
    (
        (LOW, LOW, LOW),
        HOME,
        "sad",
        "zh",
        "说话人语速缓慢，音调偏低，音量也比较小，说的是“我们现在就回家吧。”，由此可以判断其情感是悲伤。",
    ),
    (
        (HIGH, HIGH, HIGH),
        HOME,
        "angry",
        "zh",
        "这段语音音量很大，音调很高，语速也很快，说话人喊道：“我们现在就回家吧！”从这些特点来看，说话人感到愤怒。",
    ),
    (
        (MEDIUM, MEDIUM, MEDIUM),
        WEATHER,
        "neutral",
        "zh",
        "语速、音调和音量都适中，话语内容为“今天天气真好”。整体听起来没有起伏，因此情感为中性。",
    ),
    (
        (HIGH, MEDIUM, HIGH),
        WEATHER,
        "happy",
        "zh",
        "说话人以较快的语速和较高的音调，用中等的音量说出“今天天气真好”，可见说话人很开心。",
    ),
    (
        (LOW, HIGH, MEDIUM),
        HOME,
        "disgusted",
        "zh",
        "从声音来看，音调低沉，音量偏大，语速正常。“我们现在就回家吧”这句话透露出来的情感是厌恶。",
    ),
    (
        (HIGH, LOW, HIGH),
        "别过来",
        "fearful",
        "zh",
        "声音很轻，但音调偏高，语速急促，话里说着“别过来”，这些都表明说话人感到恐惧。",
    ),
    (
        (MEDIUM, LOW, LOW),
        "",
        "bored",
        "zh",
        "说话人说得很慢，声音较小，音调处于中等水平，听上去觉得无聊。",
    ),
    (
        (HIGH, HIGH, NAN),
        "怎么会这样",
        "surprised",
        "zh",
        "音调和音量都比较高，说的内容是「怎么会这样」，综合判断，说话人的情感是惊讶。",
    ),
    (
        (NAN, NAN, NAN),
        "我不想去",
        "sad",
        "zh",
        "在这段语音里，说话人说了“我不想去”这句话，从中可以感受到的情感是难过，即悲伤。",
    ),
    (
        (NAN, MEDIUM, LOW),
        WEATHER,
        "sleepy",
        "zh",
        "听得出语速偏慢，音量不大不小，说的是“今天天气真好”，所以说话人应该是困倦的。",
    ),
    (
        (MEDIUM, HIGH, HIGH),
        "你给我站住",
        "angry",
        "zh",
        "说话人大声地说“你给我站住”，语速飞快，而音调并不高也不低，由此推断这是愤怒的声音。",
    ),
    (
        (LOW, MEDIUM, MEDIUM),
        "我 知道 了",
        "sad",
        "zh",
        "“我知道了”这几个字说得不快不慢，音量一般，但音调较低，情感可以判断为伤心。",
    ),
    (
        (HIGH, MEDIUM, MEDIUM),
        "Let's go 吧",
        "excited",
        "zh",
        "音调较高，而音量与语速均为中等，所说的话是“Let's go 吧”，由此看来，说话人十分兴奋。",
    ),
    (
        (LOW, LOW, HIGH),
        "快点走",
        "fearful",
        "zh",
        "低声且快速地，用偏低的音调说出“快点走”，说话人很可能处于恐惧之中。",
    ),
    (
        (HIGH, MEDIUM, HIGH),
        "Where did you put my keys?",
        "angry",
        "en",
        'High-pitched and rapid, though of normal loudness, the question "Where did you put my keys?" comes across as angry.',
    ),
    (
        (LOW, LOW, LOW),
        "I miss her every day",
        "sad",
        "en",
        'There is little force in this voice: the volume is low, the pitch is low too, and the words "I miss her every day" are drawn out at a slow speed. Everything suggests that the speaker is sad.',
    ),
    (
        (MEDIUM, HIGH, MEDIUM),
        "Das ist ja toll",
        "happy",
        "en",
        'One hears "Das ist ja toll" at a regular tempo, with the pitch in the medium range and the volume turned up high. The emotion behind it is happiness.',
    ),
    (
        (NAN, LOW, HIGH),
        "Did you hear that noise",
        "fearful",
        "en",
        'Whispering hastily, the speaker asks "Did you hear that noise", and this gives the impression of someone afraid.',
    ),
    (
        (HIGH, HIGH, LOW),
        "Oh my goodness",
        "surprised",
        "en",
        'Both the pitch and the volume of the voice are high, but the delivery of "Oh my goodness" is slow. The speaker is surprised.',
    ),
    (
        (MEDIUM, MEDIUM, LOW),
        "It is raining again",
        "bored",
        "en",
        'The sentence "It is raining again" is spoken at a leisurely pace; pitch and loudness are average. The speaker comes across as bored.',
    ),
    (
        (HIGH, HIGH, HIGH),
        "你怎么能这样",
        "angry",
        "zh",
        "这个人的音量和音调都偏高，语速也比较快，嘴里说着“你怎么能这样”，因此可以认为说话人在生气。",
    ),
    (
        (LOW, LOW, MEDIUM),
        "我好想你",
        "sad",
        "zh",
        "说话人的嗓音低沉，音量很低，语速中等，说出的内容是“我好想你”，流露出的情感为悲伤。",
    ),
    (
        (MEDIUM, MEDIUM, HIGH),
        "明天就放假了",
        "happy",
        "zh",
        "“明天就放假了”这句话语速偏快，音调和音量则保持在中等水平，整体给人的感觉是高兴。",
    ),
    (
        (HIGH, LOW, LOW),
        "那是什么东西",
        "fearful",
        "zh",
        "说话人慢慢地、小声地说“那是什么东西”，音调却比较高，听得出来心里害怕。",
    ),
]

# The facts of the bad ones, which are bad for one reason each, named first.
SAD = ((LOW, LOW, LOW), SEVEN, "sad", "en")
ANGRY = ((HIGH, HIGH, HIGH), SEVEN, "angry", "en")
NEUTRAL = ((MEDIUM, MEDIUM, MEDIUM), SEVEN, "neutral", "en")
HAPPY = ((HIGH, MEDIUM, NAN), SEVEN, "happy", "en")
UNHEARD = ((LOW, LOW, LOW), "", "sad", "en")
GERMAN = ((LOW, LOW, LOW), FRIDGE, "sad", "en")
SAD_ZH = ((LOW, LOW, LOW), HOME, "sad", "zh")
ANGRY_ZH = ((HIGH, HIGH, HIGH), HOME, "angry", "zh")
NEUTRAL_ZH = ((MEDIUM, MEDIUM, MEDIUM), WEATHER, "neutral", "zh")
HAPPY_ZH = ((HIGH, MEDIUM, NAN), WEATHER, "happy", "zh")
VOICE = "The speaker talks slowly, in a low pitch and at a low volume"
LOUD = "The speaker talks fast, in a high pitch and at a high volume"
EVEN = "The speaker talks at a moderate pace, in a medium pitch and at a medium volume"
SAID = "and says \"It's seven o'clock.\""
VOICE_ZH = "说话人语速较慢，音调较低，音量较小"
LOUD_ZH = "说话人语速较快，音调较高，音量较大"
EVEN_ZH = "说话人语速适中，音调适中，音量适中"
SAID_ZH = "说的是“我们现在就回家吧。”"

BAD = [
    # another emotion, none, or the right one denied
    ("emotion", SAD, f"{VOICE}, {SAID} The speaker is happy."),
    ("emotion", SAD, f"{VOICE}, {SAID} The speaker feels anger."),
    ("emotion", SAD, f"{VOICE}, {SAID} He is not happy but sad."),
    ("emotion", SAD, f"{VOICE}, {SAID} The speaker is not sad."),
    ("emotion", SAD, f"{VOICE}, {SAID} It isn't a sad voice."),
    ("emotion", SAD, f"{VOICE}, {SAID} The speaker is sad or perhaps fearful."),
    ("emotion", SAD, f"{VOICE}, {SAID} There is a mixture of sadness and disgust."),
    ("emotion", SAD, f"{VOICE} and rather angrily, {SAID} The speaker is sad."),
    ("emotion", SAD, f"{VOICE}, {SAID} This shows how the speaker feels."),
    ("emotion", SAD, f'{VOICE}, {SAID} The emotion is "sad".'),
    ("emotion", SAD, f"{VOICE}, {SAID} The speaker is in a joyful, cheerful mood."),
    ("emotion", SAD, f"The speaker is sad. {VOICE}, {SAID}"),
    ("emotion", SAD, f"{VOICE}, {SAID} There is no trace of sadness here."),
    ("emotion", SAD, f"{VOICE}, {SAID} The speaker sounds sad, almost terrified."),
    ("emotion", ANGRY, f"{LOUD}, {SAID} The speaker is thrilled."),
    ("emotion", ANGRY, f"{LOUD}, {SAID} The speaker is angry and surprised."),
    (
        "emotion",
        HAPPY,
        "In a high pitch and at a medium volume \"It's seven o'clock\" is said; the speaker is unhappy.",
    ),
    ("emotion", NEUTRAL, f"{EVEN}, {SAID} The speaker is calm, if a little bored."),
    ("emotion", SAD_ZH, f"{VOICE_ZH}，{SAID_ZH}，可见说话人很开心。"),
    ("emotion", SAD_ZH, f"{VOICE_ZH}，{SAID_ZH}，可见说话人并不悲伤。"),
    ("emotion", SAD_ZH, f"{VOICE_ZH}，{SAID_ZH}，可见说话人既悲伤又愤怒。"),
    ("emotion", SAD_ZH, f"{VOICE_ZH}，{SAID_ZH}，由此可以看出说话人的心情。"),
    ("emotion", SAD_ZH, f"{VOICE_ZH}，{SAID_ZH}，听起来有些惊慌，说话人的情感是悲伤。"),
    ("emotion", ANGRY_ZH, f"{LOUD_ZH}，{SAID_ZH}，说话人显得兴高采烈。"),
    ("emotion", NEUTRAL_ZH, f"{EVEN_ZH}，说的是“今天天气真好”，情感为喜悦。"),
    # a level turned round, or one that nobody measured
    ("levels", SAD, f"The speaker talks fast, in a low pitch and at a low volume, {SAID} The speaker is sad."),
    ("levels", SAD, f"The speaker talks slowly, in a high pitch and at a low volume, {SAID} The speaker is sad."),
    ("levels", SAD, f"The speaker talks slowly, in a low pitch and at a high volume, {SAID} The speaker is sad."),
    ("levels", SAD, f"In a slow, deep and booming voice the speaker starts {SAID} The speaker is sad."),
    ("levels", SAD, f"The voice is high-pitched, slow and quiet {SAID} The speaker is sad."),
    ("levels", SAD, f"The voice is low in pitch, soft, and quick {SAID} The speaker is sad."),
    ("levels", SAD, f"Not slowly, in a low pitch and at a low volume the speaker talks {SAID} The speaker is sad."),
    ("levels", SAD, f"{VOICE}, {SAID} Such rapid speech comes from someone sad."),
    ("levels", SAD, f"The pitch and the volume are low and the pace is moderate, {SAID} The speaker is sad."),
    ("levels", ANGRY, f"Pitch and volume are high, but the tempo is slow {SAID} The speaker is angry."),
    ("levels", ANGRY, f"The speaker talks fast, in a high pitch and not loudly, {SAID} The speaker is angry."),
    ("levels", NEUTRAL, f"The speaker talks loudly, at a moderate pace and pitch, {SAID} The emotion is neutral."),
    ("levels", HAPPY, "High in pitch, medium in volume and fast, \"It's seven o'clock\" is said by someone happy."),
    ("levels", SAD, f"This is how the voice comes: {SAID[4:]} The speaker is sad."),
    ("levels", SAD, f"The speaker talks slowly {SAID} The speaker is sad."),
    ("levels", SAD_ZH, f"说话人语速较快，音调较低，音量较小，{SAID_ZH}，说话人的情感是悲伤。"),
    ("levels", SAD_ZH, f"说话人语速较慢，音调较高，音量较小，{SAID_ZH}，说话人的情感是悲伤。"),
    ("levels", SAD_ZH, f"说话人语速较慢，音调较低，声音洪亮，{SAID_ZH}，说话人的情感是悲伤。"),
    ("levels", ANGRY_ZH, f"以缓慢的语速、较高的音调和较大的音量，{SAID_ZH}，说话人的情感是愤怒。"),
    ("levels", ANGRY_ZH, f"语速很快，音调很高，音量却不大，{SAID_ZH}，说话人的情感是愤怒。"),
    ("levels", ANGRY_ZH, f"说话人轻声说话，语速较快，音调较高，{SAID_ZH}，说话人的情感是愤怒。"),
    ("levels", HAPPY_ZH, "语速较快，音调较高，音量适中，说的是“今天天气真好”，说话人的情感是开心。"),
    ("levels", NEUTRAL_ZH, "语速和音量适中，音调尖锐，说的是“今天天气真好”，说话人的情感是中性。"),
    ("levels", SAD_ZH, f"从声音听来，{SAID_ZH}，说话人的情感是悲伤。"),
    # the transcript lost, changed, translated or made up
    ("transcript", SAD, f"{VOICE}. The speaker seems to be sad."),
    ("transcript", SAD, f"{VOICE} and says what time it is. The speaker seems to be sad."),
    ("transcript", SAD, f"{VOICE} and says \"It's eight o'clock.\" The speaker seems to be sad."),
    ("transcript", SAD, f'{VOICE} and says "It is seven o\'clock." The speaker seems to be sad.'),
    ("transcript", SAD, f'{VOICE} and says "It\'s seven." The speaker seems to be sad.'),
    ("transcript", SAD, f"{VOICE} and says \"It's seven o'clock. I want to go home.\" The speaker seems to be sad."),
    ("transcript", GERMAN, f'{VOICE} and says "The cloth lies on the fridge." The speaker seems to be sad.'),
    ("transcript", UNHEARD, f'{VOICE} and says "I miss you so much." The speaker seems to be sad.'),
    ("transcript", SAD_ZH, f"{VOICE_ZH}，说话人的情感是悲伤。"),
    ("transcript", SAD_ZH, f"{VOICE_ZH}，说的是“我们马上就回家吧。”，说话人的情感是悲伤。"),
    ("transcript", SAD_ZH, f"{VOICE_ZH}，说的是“Let's go home now.”，说话人的情感是悲伤。"),
    # another language
    (
        "language",
        SAD,
        "Die Person spricht langsam, mit tiefer und leiser Stimme, und sagt \"It's seven o'clock.\" Sie wirkt sad.",
    ),
    (
        "language",
        SAD,
        "La voix est lente, grave et faible, et on entend \"It's seven o'clock.\" La personne semble être sad.",
    ),
    (
        "language",
        SAD,
        "La persona habla despacio, con tono grave y volumen bajo, y dice \"It's seven o'clock.\" Parece sad.",
    ),
    ("language", SAD, "说话人语速较慢，音调较低，音量较小，说的是“It's seven o'clock.”，说话人的情感是悲伤。"),
    ("language", GERMAN, f'{VOICE} und sagt dabei "{FRIDGE}" Man hört deutlich, dass jemand traurig ist: sad.'),
    (
        "language",
        SAD_ZH,
        "The speaker talks slowly, in a low pitch and softly, saying “我们现在就回家吧。” The speaker is sad.",
    ),
    ("language", SAD_ZH, "話し手はゆっくりと低く小さい声で“我们现在就回家吧。”と言っています。悲伤。"),
    ("language", SAD, f"{VOICE}, {SAID} Говорящий кажется sad."),
    # the prompt echoed, talk about the task, markup
    ("form", SAD, f"Sure! Here is the rewritten rationale: {VOICE}, {SAID} The speaker is sad."),
    ("form", SAD, f"Rewrite: {VOICE}, {SAID} The speaker is sad."),
    ("form", SAD, f"assistant: {VOICE}, {SAID} The speaker is sad."),
    ("form", SAD, f"{VOICE}, {SAID} The speaker is sad.<|im_end|>"),
    ("form", SAD, f"{VOICE}, {SAID} The speaker is {{emotion}}, that is sad."),
    ("form", SAD, f"**Rationale** {VOICE}, {SAID} The speaker is *sad*."),
    ("form", SAD, f"{VOICE}, {SAID}\n\nThe speaker is sad."),
    ("form", SAD, f"- Pace: slow\n- Pitch: low\n- Volume: low\n- Text: {SAID[9:]}\n- Emotion: sad."),
    ("form", SAD, f"“{VOICE}, and says 'It's seven o'clock.' The speaker is sad.”"),
    ("form", SAD, f"{VOICE}, {SAID} The speaker is sad. Note: I have kept the transcript as it was."),
    ("form", SAD, f"{VOICE}, and says \"It's seven o'clock. The speaker is sad."),
    ("form", SAD, f"{VOICE}, {SAID} The speaker is sad because of"),
    ("form", SAD, f"Do not name any other emotion. {VOICE}, {SAID} The speaker is sad."),
    ("form", SAD_ZH, f"好的，以下是改写后的内容：{VOICE_ZH}，{SAID_ZH}，说话人的情感是悲伤。"),
    ("form", SAD_ZH, f"改写：{VOICE_ZH}，{SAID_ZH}，说话人的情感是悲伤。"),
    ("form", SAD_ZH, f"语速：较慢；音调：较低；音量：较小；{SAID_ZH}；情感：悲伤。"),
    ("form", SAD_ZH, f"{VOICE_ZH}，{SAID_ZH}，说话人的情感是悲伤。（注：转写内容未作改动。）"),
    # empty, too short, too long
    ("empty", SAD, ""),
    ("empty", SAD_ZH, " \n "),
    ("length", SAD, "Slow, low, quiet: \"It's seven o'clock.\" Is sad."),
    (
        "length",
        SAD,
        f"{VOICE}, {SAID} " + "One can hear that this is so from the voice alone. " * 6 + "The speaker is sad.",
    ),
    ("length", SAD_ZH, f"慢、低、轻：{SAID_ZH}悲伤。"),
    ("length", SAD_ZH, f"{VOICE_ZH}，{SAID_ZH}，" + "这一点从声音里可以清楚地听出来，" * 8 + "说话人的情感是悲伤。"),
    (
        "emotion",
        ((HIGH, HIGH, HIGH), "Give me that", "angry", "en"),
        'Loud, fast and high in pitch, the speaker says "Give me that", which betrays deep resentment and grief.',
    ),
    (
        "emotion",
        ((LOW, LOW, LOW), "I miss her every day", "sad", "en"),
        'The speaker slowly and quietly says "I miss her every day" in a low tone, so the emotion is most likely neutral.',
    ),
    (
        "emotion",
        ((MEDIUM, MEDIUM, MEDIUM), "The train leaves at ten", "neutral", "en"),
        'With medium pitch, volume and speed, "The train leaves at ten" is said without any neutral quality, in an excited way.',
    ),
    (
        "emotion",
        ((LOW, LOW, LOW), "I miss her every day", "sad", "en"),
        'A slow, quiet, low-pitched voice says "I miss her every day"; nobody would call this sad.',
    ),
    (
        "emotion",
        ((HIGH, HIGH, HIGH), "你怎么能这样", "angry", "zh"),
        "说话人语速很快，音调高，音量大，说“你怎么能这样”，听起来不像是愤怒。",
    ),
    (
        "emotion",
        ((LOW, LOW, LOW), "我好想你", "sad", "zh"),
        "语速慢，音调低，音量小，说“我好想你”，说话人显得平静而悲伤。",
    ),
    (
        "levels",
        ((HIGH, HIGH, HIGH), "Give me that", "angry", "en"),
        'In a loud voice of high pitch, taking all the time in the world, the speaker slowly says "Give me that", so they are angry.',
    ),
    (
        "levels",
        ((HIGH, HIGH, HIGH), "Give me that", "angry", "en"),
        'The pitch is high, the pace fast and the volume modest to low as "Give me that" is said by someone angry.',
    ),
    (
        "levels",
        ((LOW, LOW, LOW), "I miss her every day", "sad", "en"),
        'Talking at a slow rate and with the volume down low, the speaker lets the pitch climb high: "I miss her every day" is what a sad person says.',
    ),
    (
        "levels",
        ((MEDIUM, MEDIUM, MEDIUM), "The train leaves at ten", "neutral", "en"),
        'Pitch and volume are moderate, the pace is a bit slower than usual, and one hears "The train leaves at ten". The emotion is neutral.',
    ),
    (
        "levels",
        ((HIGH, NAN, MEDIUM), "We did it", "happy", "en"),
        'In a high pitch, softly and at a normal pace the speaker says "We did it"; this is a happy person.',
    ),
    (
        "levels",
        ((HIGH, HIGH, HIGH), "你怎么能这样", "angry", "zh"),
        "说话人语速不快，音调高，音量大，说“你怎么能这样”，情感是愤怒。",
    ),
    ("levels", ((LOW, LOW, LOW), "我好想你", "sad", "zh"), "语速慢，音量小，音调偏高，说“我好想你”，情感是悲伤。"),
    (
        "transcript",
        ((LOW, LOW, LOW), "I miss her every day", "sad", "en"),
        'A slow, quiet, low-pitched voice says "I miss her each day", and it sounds sad.',
    ),
    (
        "transcript",
        ((LOW, LOW, LOW), "I miss her every day", "sad", "en"),
        "A slow, quiet, low-pitched voice tells us that she misses her every day, and it sounds sad.",
    ),
    ("transcript", ((LOW, LOW, LOW), "我好想你", "sad", "zh"), "语速慢，音调低，音量小，说“我很想你”，情感是悲伤。"),
    (
        "language",
        ((LOW, LOW, LOW), "I miss her every day", "sad", "en"),
        'Een langzame, zachte en lage stem zegt "I miss her every day", en dat klinkt sad.',
    ),
    (
        "language",
        ((LOW, LOW, LOW), "我好想你", "sad", "zh"),
        "语速慢，音调低，音量小，说“我好想你”，说话人 sounds very sad and lonely，情感是悲伤。",
    ),
    (
        "form",
        ((HIGH, HIGH, HIGH), "Give me that", "angry", "en"),
        'Output: Fast, loud and high-pitched, "Give me that" is said by an angry person.',
    ),
    (
        "form",
        ((HIGH, HIGH, HIGH), "Give me that", "angry", "en"),
        'Fast, loud and high-pitched, "Give me that" is said by an angry person. Let me know if you would like another version!',
    ),
    (
        "form",
        ((HIGH, HIGH, HIGH), "你怎么能这样", "angry", "zh"),
        "说话人语速快，音调高，音量大，说“你怎么能这样”，情感是愤怒。希望这个版本符合您的要求！",
    ),
    ("length", ((HIGH, HIGH, HIGH), "Give me that", "angry", "en"), '"Give me that": fast, loud, high pitch, angry.'),
]
