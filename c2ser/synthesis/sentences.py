"""The sentences of mini_emo: some fit any emotion, others give one away without naming it."""

import numpy as np

# language -> the parts of sentences that fit any emotion, each a choice of phrases. The sets share phrases, but so many
# sentences can be made of them that most of those of the test set are new to a model.
PLAIN_PARTS = {
    "en": (
        (
            "My brother",
            "Our boss",
            "The doctor",
            "Your sister",
            "The neighbour",
            "A friend",
            "The new teacher",
            "The driver",
        ),
        (
            "bought a car",
            "called the office",
            "closed the window",
            "found the keys",
            "read the whole letter",
            "cleaned the kitchen",
            "painted the door blue",
            "left the house",
        ),
        (
            "this morning",
            "on Monday",
            "two hours ago",
            "before lunch",
            "after the meeting",
            "last week",
            "at half past nine",
            "in the evening",
        ),
    ),
    "zh": (
        ("我哥哥", "老板", "医生", "你姐姐", "邻居", "我的朋友", "新来的老师", "司机"),
        ("今天早上", "星期一", "两个小时前", "午饭以前", "开会以后", "上个星期", "九点半", "昨天晚上"),
        (
            "买了一辆车",
            "给办公室打了电话",
            "关上了窗户",
            "找到了钥匙",
            "读完了那封信",
            "打扫了厨房",
            "把门刷成了蓝色",
            "离开了家",
        ),
    ),
}
_JOINTS = {"en": (" ", "."), "zh": ("", "。")}


def compose_plain(language: str, rng: np.random.Generator) -> str:
    """Composes a sentence that can be said with any emotion.

    Args:
        language: ``en`` or ``zh``.
        rng: chooses a phrase of each of the language's `PLAIN_PARTS`.

    Example:
        >>> compose_plain("en", np.random.default_rng(0))
        'The new teacher cleaned the kitchen after the meeting.'
    """
    joint, end = _JOINTS[language]
    return joint.join(str(rng.choice(part)) for part in PLAIN_PARTS[language]) + end


# language -> emotion -> sentences whose words give it away
TELLING = {
    "en": {
        "angry": (
            "How dare you talk to me like that!",
            "Get out of my room right now!",
            "I have had enough of your lies!",
            "Stop touching my things, I warned you!",
            "You broke your promise once again!",
            "This is outrageous, I want my money back!",
            "Shut up and listen to me for once!",
            "Who gave you the right to do that!",
            "Don't you ever do that to me again!",
            "You have ruined the whole evening!",
        ),
        "happy": (
            "We won the first prize, hooray!",
            "What a wonderful day at the beach!",
            "I got the job, let's celebrate!",
            "This is the best present ever!",
            "I can't wait to dance with you all!",
            "She said yes, we are getting married!",
            "Thank you, this is just perfect!",
            "We had so much fun at the party!",
            "The holidays start today, how lovely!",
            "I love this song, sing along!",
        ),
        "neutral": (
            "The office opens at eight on weekdays.",
            "Please fill in both sides of the form.",
            "The report has twelve pages and a table.",
            "Take the second street on the left.",
            "The meeting has been moved to room four.",
            "One litre of water weighs one kilogram.",
            "The next item is the monthly budget.",
            "Press the green button to continue.",
            "The library lends books for three weeks.",
            "Platform two is on the other side.",
        ),
        "sad": (
            "I miss my grandmother so much.",
            "He passed away before I could say goodbye.",
            "Nobody came to my birthday.",
            "I have lost everything I had.",
            "She left me and I cry every night.",
            "Our old cat died this morning.",
            "I feel so alone in this house.",
            "There is no hope left for us.",
            "I wish I could see him once more.",
            "All my friends are gone now.",
        ),
        "surprised": (
            "Oh my, I never expected that!",
            "What, you are a twin?",
            "Wow, where did you come from?",
            "Really? He flew to the moon?",
            "No way, is that really you?",
            "You did all of that in one day?",
            "Well, who would have thought so!",
            "I can't believe it, she is back?",
            "Wait, since when do you speak Chinese?",
            "Goodness, it just appeared from nowhere!",
        ),
        "disgusted": (
            "Yuck, there is a worm in my soup.",
            "Ugh, this milk smells rotten.",
            "Take that filthy rag away from me.",
            "That is gross, don't put it in your mouth.",
            "The toilet is dirty, I feel like throwing up.",
            "Ew, his socks stink like old cheese.",
            "There is mould all over the bread, yuck.",
            "I can't eat this slimy stuff.",
            "What a foul smell from that bin.",
            "Ugh, he spat on the floor again.",
        ),
        "fearful": (
            "Please don't leave me here in the dark.",
            "Someone is following us, run!",
            "Did you hear that noise behind the door?",
            "Help, I think he has a knife!",
            "What if the bridge falls down?",
            "There is a stranger hiding in the cellar.",
            "Don't move, the snake is right there.",
            "I am trembling, it is coming closer.",
            "Please don't hurt me, I beg you.",
            "We will all die if the ice breaks.",
        ),
    },
    "zh": {
        "angry": (
            "你怎么敢这样跟我说话!",
            "马上从我房间里滚出去!",
            "我受够了你的谎话!",
            "别碰我的东西,我警告过你!",
            "你又一次说话不算数!",
            "太过分了,把钱退给我!",
            "你给我闭嘴!",
            "谁给你的权利这么做!",
            "你再敢这样试试!",
            "你把整个晚上都毁了!",
        ),
        "happy": (
            "我们得了第一名,太棒了!",
            "海边的这一天真美好!",
            "我找到工作了,快来庆祝!",
            "这是最好的礼物!",
            "真想和大家一起跳舞!",
            "她答应了,我们要结婚了!",
            "谢谢你,这太完美了!",
            "昨天的聚会真好玩!",
            "今天放假了,真好呀!",
            "我爱这首歌,一起唱吧!",
        ),
        "neutral": (
            "办公室工作日八点开门。",
            "请填写表格的正反两面。",
            "报告共有十二页和一张表。",
            "请走左边第二条街。",
            "会议改到了四号房间。",
            "一升水重一公斤。",
            "下一项是每月的预算。",
            "请按绿色按钮继续。",
            "图书馆的书可以借三个星期。",
            "二号站台在另一边。",
        ),
        "sad": (
            "我好想念我的奶奶。",
            "他走了,我没来得及告别。",
            "没有人来我的生日会。",
            "我什么都没有了。",
            "她离开了我,我每晚都哭。",
            "我们家的老猫今天早上死了。",
            "这个家里只剩下我一个人。",
            "我们再也没有希望了。",
            "真想再见他一面。",
            "朋友们都离开我了。",
        ),
        "surprised": (
            "天哪,我完全没想到!",
            "什么,你是双胞胎?",
            "哇,你从哪里冒出来的?",
            "真的吗?他飞到月球去了?",
            "不会吧,真的是你吗?",
            "你一天就全做完了?",
            "哎呀,谁能想得到啊!",
            "真不敢相信,她回来了?",
            "等等,你什么时候会说中文的?",
            "咦,它突然就出现了!",
        ),
        "disgusted": (
            "呸,我的汤里有条虫子。",
            "唉呀,这牛奶都臭了。",
            "把那块脏抹布拿开。",
            "真脏,别放进嘴里。",
            "厕所太脏了,我想吐。",
            "他的袜子臭得要命。",
            "面包上长满了霉。",
            "这黏糊糊的东西我吃不下。",
            "垃圾桶的味道太难闻了。",
            "呸,他又在地上吐痰。",
        ),
        "fearful": (
            "求你别把我留在黑暗里。",
            "有人跟着我们,快跑!",
            "你听见门后的声音了吗?",
            "救命,他手里有刀!",
            "万一桥塌了怎么办?",
            "地下室里藏着一个陌生人。",
            "别动,蛇就在那里。",
            "我在发抖,它越来越近了。",
            "求求你,不要伤害我。",
            "冰要是裂了我们都会死的。",
        ),
    },
}
