"""The words of the six lessons."""

from __future__ import annotations

from app.lessons.lesson import Facts, Lesson, Question, Step
from app.lessons.tables import METHODS, SIMPLER

PAPER = "Ye et al., Latent Action Pretraining from Videos (arXiv 2410.11758)"


def _better(facts: Facts) -> int:
    ours, theirs = METHODS.index("LAPA"), METHODS.index("ActionVLA")
    tasks = [name for name in SIMPLER if name != "Average"]
    return next(n for n, name in enumerate(tasks) if SIMPLER[name][ours] > SIMPLER[name][theirs])


CHANGED = Lesson(
    name="changed",
    title="What changed between two frames?",
    minutes=4,
    goal="You can say what a latent action is, and what it is not.",
    steps=(
        Step(
            "Two pictures, one moment apart",
            (
                "Look at the two pictures. The first is the {frame} now, the second the same scene "
                "one {gap} later. Somebody moved the robot; the video does not say how.",
                "Most robot video is like this: plenty of pictures, no record of what the motors "
                "were told. Can a network find out what was done, from the pictures alone?",
            ),
            "frames",
            "Let the class say in their own words what changed before you show the codes.",
        ),
        Step(
            "A name for the change",
            (
                "The {quantizer} looks at both frames and writes the change in four numbers from 0 "
                "to 7: the {latent action}. Here you see it beside the robot's own command, which "
                "the network was never shown.",
                "Try other clips. A command is in metres and radians of one particular arm. A "
                "latent action is in no unit at all; it is only ever the same as itself. That is "
                "its weakness and its point: it can be written for any video, of any robot or hand.",
            ),
            "pair",
            "Ask: which of the two descriptions could you also write for a video of a human hand?",
        ),
    ),
    question=Question(
        "What did the quantizer get to see when it learned to write latent actions?",
        (
            "The commands that the robot was given",
            "Pairs of frames, and nothing else",
            "Frames, and the sentence that says what the robot should do",
        ),
        1,
        "It is trained on frame pairs only: what it writes must be enough to rebuild the second "
        "frame from the first. Commands come in at stage three, the sentence at stage two.",
    ),
    source=f"{PAPER}, section 3.1",
    discuss="Where does a latent action say less than a command, and where does it say more?",
)

INSIDE = Lesson(
    name="inside",
    title="Inside the quantizer",
    minutes=5,
    goal="You can explain how a continuous change becomes one of eight codes.",
    steps=(
        Step(
            "From a difference to a code",
            (
                "An encoder looks at both frames and writes down what differs between them: the "
                "{latent}, a list of numbers that still says exactly how much of what changed.",
                "At each {position} the model keeps eight vectors, its {codebook}. The code of a "
                "latent is the number of the vector that lies nearest. Drag the point and watch the "
                "distances: at a border the code flips.",
                "The grey dots are real latents of the clips on this page, and the picture is a flat "
                "view of their space, so a little of every distance points out of the page.",
            ),
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
            "noise",
            "The circle is the set of all points that the decoder may get instead of the code.",
        ),
    ),
    question=Question(
        "A latent lies exactly on a code. How long is the noise that NSVQ adds there?",
        ("As long as everywhere else", "As long as the mean distance", "Zero"),
        2,
        "The noise is as long as the distance between latent and code. On the code that distance is "
        "zero, so the decoder sees the code itself, as it does after training.",
    ),
    source=f"{PAPER}, section 3.1; NSVQ: Vali and Bäckström 2022",
    discuss="What would happen if all latents were nearest to one and the same code?",
)

SCENES = Lesson(
    name="scenes",
    title="One code, many scenes",
    minutes=4,
    goal="You can check whether a code means the same thing everywhere.",
    steps=(
        Step(
            "The same code on different robots",
            (
                "A code is useful if it does the same thing wherever it is used. Choose a code at the "
                "first position: the pictures show what the model makes of it on several "
                "{embodiments|embodiment}, the arrows how real pairs with this code truly moved.",
                "Where all arrows of a robot agree, the code has a meaning for that robot. Compare the "
                "robots: agreement within one is easier than agreement between two, because two "
                "cameras see one movement from two sides.",
            ),
            "scenes",
            "Vote first: which code will agree best? Then look at the agreement.",
        ),
    ),
    question=Question(
        "Among these codes of the first position, for which do the real motions agree best?",
        lambda facts: tuple(f"Code {code}" for code in facts["agreement_codes"]),
        lambda facts: facts["agreement_best"],
        lambda facts: (
            "Agreement is the length of the mean direction of all real pairs with that code: 100 % "
            "if all move the same way, near 0 if they cancel. Here it is "
            + ", ".join(
                f"{100 * value:.0f} % for code {code}"
                for code, value in zip(
                    facts["agreement_codes"], facts["agreement_values"], strict=True
                )
            )
            + "."
        ),
    ),
    source="Playable Video Generation (Menapace et al. 2021); LAPA's issue tracker, issue 38",
    discuss="Would you rather have few codes that mean one thing or many that mean nearly one thing?",
)

WORDS = Lesson(
    name="words",
    title="Four codes make a word",
    minutes=4,
    goal="You know how many latent actions there are, and which are used.",
    steps=(
        Step(
            "An alphabet of eight, words of four",
            (
                "One code chooses among eight. Four {positions|position} make a word, and there are "
                "8 × 8 × 8 × 8 = 4096 words. In the picture every word is one square: its row is the "
                "first two codes, its column the last two, its shade how often it occurs in the atlas.",
                "Move over the squares. The darkest are “nothing happens” and its neighbours: most of "
                "the time a robot moves little. Many squares are empty; language is like that, too.",
            ),
            "words",
            "Ask for the word for “nothing happens”: it is the most frequent one.",
        ),
    ),
    question=Question(
        "How many of the 4096 possible latent actions occur at all in the atlas?",
        lambda facts: tuple(f"{count:,}".replace(",", " ") for count in facts["word_options"]),
        lambda facts: facts["word_best"],
        lambda facts: (
            f"{facts['words']} different latent actions occur among {facts['pairs']} frame pairs. "
            "A model whose codebook has collapsed uses a handful; LAPA's users have met that more "
            "than once, and could not see it while training."
        ),
    ),
    source=f"{PAPER}, section 3.1; LAPA's issue tracker, issues 17 and 50",
    discuss="If two words always do the same, is one of them wasted?",
)

DREAM = Lesson(
    name="dream",
    title="Dreaming, and drifting",
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
                "same latent actions. Move the slider and look for the first step that you would not "
                "believe.",
            ),
            "dream",
            "Stop at step 2 and at the last one, and ask what got lost: edges, objects, positions?",
        ),
        Step(
            "Measuring it",
            (
                "Errors add up, because each picture is made from the last one: this is {drift}. The "
                "curve shows the {PSNR} against the truth, beside that of the laziest prediction, the "
                "{copy-frame}. While the blue line is above, dreaming is better than doing nothing.",
            ),
            "dream",
            "A model can stay above copy-frame and still be blurred: look at the pictures as well.",
        ),
    ),
    question=Question(
        "After the last step of this dream, which picture is nearer to the true one?",
        ("The imagined one", "The very first frame, simply kept"),
        lambda facts: 0 if facts["dream_psnr"] > facts["dream_copy"] else 1,
        lambda facts: (
            f"After {facts['dream_steps']} steps the imagined frame has {facts['dream_psnr']:.1f} dB "
            f"against the truth and the kept first frame {facts['dream_copy']:.1f} dB; more is nearer."
        ),
    ),
    source=f"{PAPER}, Figure 12",
    discuss="A robot that plans in its dream trusts it. How many steps would you let it plan?",
)

STAGES = Lesson(
    name="stages",
    title="From video to robot: the three stages",
    minutes=5,
    goal="You can tell what each stage of LAPA learns, and what its limits are.",
    steps=(
        Step(
            "Three stages",
            (
                "Stage 1 is what you have seen: the {quantizer} learns {latent actions|latent action} "
                "from video alone. Stage 2: a vision-language model learns to predict them from a frame "
                "and an {instruction}, as if they were words. Stage 3: that model gets a new head and "
                "learns real commands from a few labelled recordings.",
                "Stages 1 and 2 need no command at all, so they can learn from any video, of people, "
                "too. Only the last, small stage needs a robot.",
            ),
            "",
            "Draw the three stages on the board; mark what data each one needs.",
        ),
        Step(
            "What it brings",
            (
                "The bars are success rates from the paper. SCRATCH has no pretraining, ActionVLA is "
                "pretrained with the true commands. Between them: what can be had without commands. "
                "Choose a column.",
                "The paper names limits, too: fine motions such as grasping suffer most, since four "
                "codes say little about fingers; and a model of seven billion parameters answers "
                "slowly for a robot.",
            ),
            "tables",
            "Compare in-domain with cross-environment: where does pretraining help most?",
        ),
    ),
    question=Question(
        "On which task of Table 2 does LAPA do better than pretraining with the true actions?",
        tuple(name for name in SIMPLER if name != "Average"),
        _better,
        "LAPA reaches 58.3 % on the eggplant, ActionVLA 50.0 %. On average the true actions are still "
        "ahead, 63.5 % to 57.3 %, but they have to be recorded first.",
    ),
    source=f"{PAPER}, sections 3 and 4, Tables 1 and 2, section 5 (limitations)",
    discuss="Which video would you pretrain on if you had a kitchen robot and no recordings of it?",
)

LESSONS = (CHANGED, INSIDE, SCENES, WORDS, DREAM, STAGES)
