"""The words of the lessons."""

from __future__ import annotations

from app.core.codes import latent_action
from app.tabs.learn.lesson import Facts, Lesson, Question, Step

PAPER = "Ye et al., Latent Action Pretraining from Videos (arXiv 2410.11758, version 1)"


def _codes(facts: Facts) -> tuple[str, ...]:
    return tuple(f"Code {code}" for code in facts["codes"])


def _best(facts: Facts) -> int:
    best: int = facts["best"]
    return best


CHANGED = Lesson(
    name="changed",
    title="What changed between two frames?",
    model="eight",
    minutes=4,
    goal="You can say what a latent action is, and what it is not.",
    steps=(
        Step(
            "Two pictures, one moment apart",
            (
                "Look at the two pictures. The first is the {frame} now, the second the same scene "
                "one {gap} later. Something moved the pusher; the video does not say how.",
                "Most video of robots, and all of people, is like this: plenty of pictures, no "
                "record of what the motors or muscles were told. Can a network find out what was "
                "done, from the pictures alone?",
            ),
            ("frames",),
            "frames",
            "Let the class say in their own words what changed before you show the codes.",
        ),
        Step(
            "A name for the change",
            (
                "The {quantizer} looks at both frames and writes the change as one number from 0 to "
                "7, a {code}: its {latent action}. Here you see it beside the command that the "
                "robot was given, which the network was never shown.",
                "Try the other bodies. A command is in centimetres on this one table. A code is in "
                "no unit at all; it is only ever the same as itself. That is its weakness and its "
                "point: it can be written for any video, also for the hand, of whose command "
                "nothing is known.",
            ),
            ("frames", "encoder", "codes"),
            "pair",
            "Ask: which of the two descriptions could you also write for a video of a human hand?",
        ),
    ),
    question=Question(
        lambda facts: "Here is another pair. Which code did the model read off it?",
        _codes,
        _best,
        lambda facts: (
            f"The model read code {facts['code']}"
            + (
                ", whose picture is the nearest of all eight to the later frame. "
                if facts["nearest"]
                else ". "
            )
            + "Nobody told it what a code means: it learned from frame pairs alone, and a code has "
            "to be enough to rebuild the second frame from the first."
        ),
        "Press each code and look where the pusher ends: which picture is most like the later frame?",
        "guess",
        ("frames", "codes", "decoder", "imagined"),
    ),
    source=f"{PAPER}, section 3.1 and Figure 8",
    discuss="Where does a latent action say less than a command, and where does it say more?",
    mistake="Many take the code for a command that was recorded; it is inferred from pictures.",
)

INSIDE = Lesson(
    name="inside",
    title="Inside the quantizer",
    model="robots",
    minutes=5,
    goal="You can explain how a continuous change becomes one of eight codes.",
    steps=(
        Step(
            "From a difference to a code",
            (
                "An encoder looks at both frames and writes down what differs between them: the "
                "{latent}, a list of numbers that still says exactly how much of what changed.",
                "This model writes four codes. At each {position} it keeps eight vectors, its "
                "{codebook}. The code of a latent is the number of the vector that lies nearest. "
                "Drag the point and watch the distances: at a border the code flips, in the diagram "
                "too, and another picture is imagined.",
                "The grey dots are latents of real frame pairs, and the picture is a flat view of "
                "their space, so a part of every distance points out of the page.",
            ),
            ("encoder", "latent", "codebook"),
            "quantize",
            "Let somebody find the place where three codes are equally near.",
        ),
        Step(
            "What NSVQ adds in training",
            (
                "Choosing the nearest code has no slope: a small change of the latent changes nothing, "
                "so nothing can be learned from it. NSVQ, which LAPA uses, replaces the chosen vector "
                "by the latent plus noise: the noise points anywhere, but is exactly as long as the "
                "distance to the code.",
                "Press the button to draw noise. Where a latent lies far from its code the decoder "
                "gets a very noisy input, and learning to draw well pulls latents and codes together.",
            ),
            ("latent", "codebook", "codes", "decoder"),
            "noise",
            "The circle is the set of all points that the decoder may get instead of the code.",
        ),
    ),
    question=Question(
        lambda facts: (
            "A latent lies where the amber point lies. How long is the noise that NSVQ adds to it "
            "in training?"
        ),
        lambda facts: tuple(f"{length:.2f}" for length in facts["lengths"]),
        _best,
        lambda facts: (
            f"Code {facts['code']} is nearest, {facts['lengths'][facts['best']]:.2f} away, and the "
            "noise is exactly as long as that. On a code it would be zero: there the decoder sees "
            "the code itself, as it does after training."
        ),
        "The noise is as long as the way from the latent to the code that is chosen. Which one is it?",
        "measured",
        ("latent", "codebook"),
    ),
    source=f"{PAPER}, section 3.1; NSVQ: Vali and Bäckström 2022",
    discuss="What would happen if all latents were nearest to one and the same code?",
    mistake="The noise is not as long everywhere: it shrinks where a latent comes near to its code.",
)

SCENES = Lesson(
    name="scenes",
    title="One code, many scenes",
    model="robots",
    minutes=4,
    goal="You can check whether a code means the same thing everywhere.",
    steps=(
        Step(
            "The same code on different robots",
            (
                "A code is useful if it does the same thing wherever it is used. Choose a code at the "
                "first position: the pictures show what the model makes of it on several "
                "{embodiments|embodiment}, the other positions held as where nothing moves; the "
                "arrows show how real pairs with this code truly moved.",
                "Where the pairs of a robot agree, the code has a meaning for that robot. Compare the "
                "robots: agreement within one is easier than agreement between two, because two "
                "cameras may see one movement from two sides.",
            ),
            ("codes", "decoder", "imagined"),
            "scenes",
            "Vote first: which code will agree best? Then look at the agreement.",
        ),
    ),
    question=Question(
        lambda facts: (
            f"You want every robot here to move {facts['way']} in its picture. Which of these codes "
            "of the first position do you press?"
        ),
        _codes,
        _best,
        lambda facts: (
            f"With code {facts['codes'][facts['best']]} the arrows of the robots point "
            f"{facts['way']} on average, and agree to {100 * facts['agree']:.0f} %: 100 % if all "
            "point the same way, 0 if they cancel. That was found in video alone; no robot's "
            "command was ever seen."
        ),
        "Choose the codes one after the other and look at the arrows of all robots, not of one.",
        "arrows",
        ("codes", "decoder", "imagined"),
    ),
    source="Playable Video Generation (Menapace et al. 2021); LAPA's issue tracker, issue 38",
    discuss="Would you rather have few codes that mean one thing or many that mean nearly one thing?",
    mistake="One robot that moves as expected proves little: look at all of them.",
)

WORDS = Lesson(
    name="words",
    title="Four codes make a word",
    model="robots",
    minutes=4,
    goal="You know how many latent actions there are, and which are used.",
    steps=(
        Step(
            "An alphabet of eight, words of four",
            (
                "One code chooses among eight. Four {positions|position} make a word, and there are "
                "8 × 8 × 8 × 8 = 4096 words. Spell one: a row is a position, and the number under a "
                "code says how many frame pairs of the atlas begin with the codes so far and this one.",
                "The darker a square, the more pairs; the small map shows all words at once. Many "
                "never occur: language is like that, too.",
            ),
            ("codes", "imagined"),
            "words",
            "Ask for the word for “nothing happens”: the button under the squares spells it.",
        ),
    ),
    question=Question(
        lambda facts: "At which position does another code change this picture most?",
        lambda facts: tuple(f"Position {position}" for position in range(len(facts["changes"]))),
        _best,
        lambda facts: (
            "Averaged over its other codes, "
            + ", ".join(
                f"position {position} changes the picture by {change:.1f}"
                for position, change in enumerate(facts["changes"])
            )
            + " grey levels of 255. The letters of a word do not all say equally much."
        ),
        "Try all eight codes of one position, put the word back, and go on with the next position.",
        "swap",
        ("codes", "decoder", "imagined"),
    ),
    source=f"{PAPER}, section 3.1; LAPA's issue tracker, issues 17 and 50",
    discuss="If two words always do the same, is one of them wasted?",
    mistake="A word that never occurs is no fault; a model that uses only a handful of words is.",
)

DREAM = Lesson(
    name="dream",
    title="Dreaming, and drifting",
    model="robots",
    minutes=5,
    goal="You can say why an imagined future gets worse with every step, and how to see it.",
    steps=(
        Step(
            "The decoder on its own pictures",
            (
                "Give the decoder a frame and a {latent action}, and it {imagines|imagine} the next "
                "frame. Give it that frame again, with the next latent action, and so on: now it lives "
                "in its own pictures. The paper calls this a potential world model (its Figure 12).",
                "Left is what is imagined, right what truly happened, from the same start with the "
                "latent actions that the model read off the true frames. Move the slider and look for "
                "the first step that you would not believe.",
            ),
            ("codes", "decoder", "imagined", "loop"),
            "dream",
            "Stop at step 2 and at the last one, and ask what got lost: edges, objects, positions?",
        ),
        Step(
            "Measuring it",
            (
                "Errors add up, because each picture is made from the last one: this is {drift}. The "
                "curve shows the {PSNR} against the truth, beside that of the laziest prediction, the "
                "{copy-frame}. While the blue line is above, the dream is nearer to the truth than "
                "the frame it began with.",
            ),
            ("imagined", "loop"),
            "measure",
            "A model can stay above copy-frame and still be blurred: look at the pictures as well.",
        ),
    ),
    question=Question(
        lambda facts: (
            f"Here are {len(facts['robots'])} more dreams, each of its own robot. Which of them is "
            "nearest to the truth after its last step, by PSNR?"
        ),
        lambda facts: tuple(f"The dream of {robot}" for robot in facts["robots"]),
        _best,
        lambda facts: (
            "After the last step the imagined frame has, against the true one, "
            + ", ".join(
                f"{psnr:.1f} dB for {robot}"
                for robot, psnr in zip(facts["robots"], facts["psnr"], strict=True)
            )
            + "; more is nearer. PSNR weighs every pixel alike: a small robot before a large still "
            "background loses little, even where it has dissolved."
        ),
        "Go to the last step of each and ask: how large is the part that differs, and by how much?",
        "judged",
        ("decoder", "imagined", "loop"),
    ),
    source=f"{PAPER}, Figure 12",
    discuss="A robot that plans in its dream trusts it. How many steps would you let it plan?",
    mistake="A sharp picture is not a true one, and a blurred one may still have the robot in place.",
)

STAGES = Lesson(
    name="stages",
    title="From video to robot: the three stages",
    model="tabletop",
    minutes=5,
    goal="You can tell what each stage of LAPA learns, and what its limits are.",
    steps=(
        Step(
            "Three stages",
            (
                "Stage 1 is what you have seen: the {quantizer} learns {latent actions|latent action} "
                "from video alone. Stage 2: a network that sees and reads learns to predict them from "
                "a frame and an {instruction}, as if they were words. Stage 3: that network gets a new "
                "head and learns real commands from a few labelled recordings.",
                "Choose an instruction and follow it through the diagram. Stages 1 and 2 need no "
                "command at all, so they can learn from any video, of people, too. Only the last, "
                "small stage needs a robot. The networks here are small and often wrong: see whether "
                "the pusher heads for the block that was named.",
            ),
            ("frames", "codes", "instruction", "policy", "predicted", "head", "command"),
            "instruct",
            "Draw the three stages on the board; mark what data each one needs.",
        ),
        Step(
            "What it brings",
            (
                "The bars are success rates from the paper. SCRATCH has no pretraining, ActionVLA is "
                "pretrained with the true commands. Between them: what can be had without commands. "
                "Choose a column.",
                "The paper names limits, too: fine motions such as grasping suffer most, and a model "
                "of seven billion parameters answers slowly for a robot.",
            ),
            ("policy", "head", "command"),
            "tables",
            "Compare in-domain with cross-environment: where does pretraining help most?",
        ),
    ),
    question=Question(
        lambda facts: (
            "Choose one instruction after the other on the same frame. What changes in the diagram?"
        ),
        lambda facts: (
            "The codes of stage 1",
            "What stages 2 and 3 make of it",
            "All three stages",
            "Nothing",
        ),
        _best,
        lambda facts: (
            "Stage 1 sees frames and nothing else, so its codes stay. From the "
            f"{facts['instructions']} instructions here stage 2 makes {facts['codes']} different "
            f"latent actions, and stage 3 {facts['commands']} different commands."
        ),
        "Watch the codes of stage 1 while you choose: does it ever get to see the sentence?",
        "instruct",
        ("codes", "instruction", "predicted", "command"),
    ),
    source=f"{PAPER}, sections 3 to 5, Table 2; SIMPLER as in version 2",
    discuss="Which video would you pretrain on if you had a kitchen robot and no recordings of it?",
    mistake="A latent action is not executed on the robot: stage 3 learns commands of its own.",
)

ROAD = Lesson(
    name="road",
    title="The same idea, no robot",
    model="drive",
    minutes=3,
    goal="You can say what a latent action needs, and what it does not: it needs no robot.",
    steps=(
        Step(
            "A car from above",
            (
                "Look at the two pictures, one {gap} apart. The camera flies with the car, so that "
                "the car stays where it is and the world moves. Here it is known what the driver "
                "did; the {quantizer} was never told, and wrote two codes.",
                "Nothing in the method knows of arms. It asks what changed between two frames, and "
                "that question can be put to any video. What comes out depends on what moves in it.",
            ),
            ("frames", "encoder", "codes"),
            "pair",
            "Ask before the codes are read: what did the driver do, and how can you tell?",
        ),
        Step(
            "Find the wheel and the pedals",
            (
                "Press other codes at both positions and watch the road and the white bar below, "
                "which is the speed. No position is the wheel and none is the pedal: together they "
                "are a {latent action}, and only together do they say what happens.",
                "In the tab Imagine you can drive on with the arrow keys, on the model drive.",
            ),
            ("codes", "decoder", "imagined"),
            "swap",
            "Let two students race in Imagine: who stays on the road for more steps?",
        ),
    ),
    question=Question(
        lambda facts: "The car is to steer to the left. Which latent action do you press?",
        lambda facts: tuple(latent_action(codes) for codes in facts["options"]),
        _best,
        lambda facts: (
            f"{facts['note']} The camera turns with the car: where it steers to the left, the road "
            "in the picture swings to the right. Nobody told the model what a wheel is; it saw "
            "that worlds turn."
        ),
        "When you turn your head to the left, which way does all that you see go?",
        "steer",
        ("codes", "decoder", "imagined"),
    ),
    source=f"{PAPER}, its limitations, which name driving; CarRacing: gymnasium",
    discuss="What would the codes of a video of a crowded street have to name?",
    mistake="That the car does not move in the picture does not mean that nothing changed.",
)

LESSONS = (CHANGED, INSIDE, SCENES, WORDS, DREAM, STAGES, ROAD)
