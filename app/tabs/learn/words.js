// @ts-check
/* What the scripts of the tab Learn say. */
import { count, counted } from "../../web/words.js";

const seconds = (/** @type {number} */ time) => `${time}\u00a0s later`;

/** A command of the tabletop: "2.8 cm to the left, 2.7 cm up". Centimetres to the right and up in the picture. */
export function inCentimetres(/** @type {number[]} */ [right, up]) {
  const part = (/** @type {number} */ value, /** @type {string} */ plus, /** @type {string} */ minus) => (value ? `${Math.abs(value).toFixed(1)} cm ${value > 0 ? plus : minus}` : "");
  return [part(right, "to the right", "to the left"), part(up, "up", "down")].filter(Boolean).join(", ") || "not to move";
}

/* What a driver told wheel and pedals: shares of all that they have. */
function driven(/** @type {Record<string, number>} */ { steering, gas, brake }) {
  const share = (/** @type {number} */ value) => `${Math.round(100 * Math.abs(value))} %`;
  return [steering && `steer ${share(steering)} to the ${steering < 0 ? "left" : "right"}`, gas && `gas ${share(gas)}`, brake && `brake ${share(brake)}`]
    .filter(Boolean).join(", ") || "nothing";
}

export const VIEW = {
  lesson: (/** @type {number} */ n, /** @type {any} */ { title, steps, minutes, model }, /** @type {number} */ step) =>
    `Lesson ${n + 1}: ${title} · ${step === steps.length ? "question" : `step ${step + 1} of ${steps.length}`} · ${minutes} minutes · on the model ${model}`,
  minutes: (/** @type {number} */ minutes, /** @type {string} */ state) => `${minutes} min${state ? `, ${state}` : ""}`,
  done: "done",
  begun: "begun",
  current: (/** @type {number} */ n, /** @type {string} */ title) => `${n + 1}: ${title}`,
  learned: "What you have learned",
  toPrint: "to print or to save",
  goal: "Goal: ",
  step: (/** @type {number} */ n) => `Step ${n + 1}`,
  question: "Question",
  asked: "A question",
  next: "Next",
  nextLesson: "Next lesson",
  finish: "Finish",
  lessons: "To the lessons",
  making: "The question is made from what the model does; a moment…",
  end: "The end",
  teacher: "For the teacher",
  handouts: "Hand-outs",
  copy: "Copy link",
  copied: "Copied",
};

export const TEACHER = {
  note: "For the teacher: ",
  discuss: "To discuss: ",
  mistake: "Often got wrong: ",
  own: "Your own notes on this lesson",
  printed: "Own notes",
  kept: "Kept in this browser only; printed with the hand-outs that have notes and answers.",
  lost: "This browser keeps nothing, so these notes are gone when the page is closed.",
};

export const QUESTION = {
  reveal: "Reveal the answer",
  check: "Check",
  right: "✓ Right. ",
  again: "✗ Not quite; try again. ",
  wrong: "✗ Not quite. ",
  answer: (/** @type {string} */ option) => `The answer is “${option}”. `,
  hint: "Hint: ",
  choose: "Choose an answer first.",
  source: (/** @type {string} */ source) => `Source: ${source}.`,
  /** how a question was answered, by the number of wrong answers before the right one */
  marks: ["right at the first try", "right at the second try"],
  shown: "right after the answer was shown",
};

const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
export const SUMMARY = {
  title: (/** @type {number} */ lessons) => `Latent actions in ${NUMBERS[lessons] || lessons} lessons`,
  not: "not begun yet",
  all: "You have answered the question of every lesson.",
  some: (/** @type {number} */ done, /** @type {number} */ all) => `You have answered the questions of ${done} of ${all} lessons; the others wait for you in the list.`,
  of: (/** @type {number} */ done, /** @type {number} */ all, /** @type {string} */ day) => `${done} of ${all} lessons · ${day}`,
  name: "Your name, for the sheet (it stays in this browser)",
  print: "Print",
  save: "Save as a picture",
  label: "Summary",
  foot: "LAPA Explorer. A summary of what this browser has kept, not an examination.",
  product: "LAPA Explorer",
  saved: (/** @type {string} */ file) => `Saved as ${file}.`,
  /** "You can say …" as somebody says it of themselves. */
  own: (/** @type {string} */ goal) => goal.replace(/^You /, "I "),
};

export const HANDOUT = {
  making: "The pages are made…",
  about: "One page a lesson: what it is about, its question, room to write, and a code that opens it on a phone. Your own copy can have the notes and the answers, as the models give them now.",
  answers: "With notes and answers",
  print: SUMMARY.print,
  ready: (/** @type {number} */ pages) => `${pages} pages are ready.`,
  code: (/** @type {string} */ link) => `QR code of ${link || "this lesson"}`,
  lesson: (/** @type {number} */ n) => `Lesson ${n}`,
  head: (/** @type {number} */ n, /** @type {any} */ { minutes, model }) => `Lesson ${n} · ${minutes} minutes · model ${model}`,
  frame: "frame",
  later: seconds,
  action: "latent action",
  imagined: "imagined from it",
  note: "Note: ",
  question: VIEW.question,
  answer: "Answer: ",
};

export const DIAGRAM = {
  frame: (/** @type {string} */ who) => `A frame of ${who}`,
  later: (/** @type {number} */ time) => `The same scene ${time} seconds later`,
  pair: (/** @type {string} */ who, /** @type {number} */ time) => `${who}, now and ${seconds(time)}`,
  numbers: (/** @type {number} */ many) => `${many} numbers`,
  yours: "your codes",
  action: "latent action",
  imagined: (/** @type {string} */ codes) => `What the model imagines${codes ? ` with ${codes}` : ""}`,
  tabletop: "A frame of the tabletop",
  instruction: (/** @type {string} */ text) => `“${text}”`,
  command: (/** @type {number[]} */ command) => `${inCentimetres(command)}, in 0.1 s`,
};

export const FIGURES = {
  lost: "The server did not answer; open the tab again.",
  figure: (/** @type {number} */ number) => `Figure ${number}`,
  go: (/** @type {string} */ tab) => `Go on in ${tab}`,
};

export const PAIR = {
  now: "now",
  later: seconds,
  same: "The same scene one gap later",
  action: "Latent action",
  body: "Body",
  /** what was told between the frames, and to whom @param {any} told */
  commanded: (told, /** @type {number} */ time) =>
    told && !Array.isArray(told) ? ["What the driver did", driven(told)]
      : ["The robot’s command", told ? `${inCentimetres(told)}, in ${time} s` : "nobody knows: nothing was recorded but the picture"],
};

export const GUESS = {
  code: (/** @type {number} */ code) => `Code ${code}`,
  try: "Code to try",
  frame: "A frame",
  truly: "later, as it truly was",
  pressed: "imagined with the code you press",
  imagined: (/** @type {number} */ code) => `What the model imagines with code ${code}`,
  pair: "the pair of the question",
  you: "you try",
};

export const STEER = {
  try: "Latent action to try",
  pressed: (/** @type {boolean} */ calm) => `imagined with the latent action you press${calm ? "" : "; it alternates with the frame"}`,
};

export const PLANE = {
  label: "A point among eight codes",
  drag: "A point among eight codes: drag it, or move it with the arrow keys",
  far: "How far each code is:",
  nearest: ["Code ", " is nearest."],
  draw: "Draw noise",
  flat: "The noise has as many directions as the latent has numbers, so on this flat view it looks shorter than the circle.",
  choose: "Position",
  position: (/** @type {number} */ p) => `Position ${p}`,
};

export const SCENES = {
  agree: (/** @type {number} */ pairs, /** @type {number | null} */ agreement) =>
    `${count(pairs)} real pairs; their directions agree to ${agreement === null ? "–" : Math.round(100 * agreement)} % over all robots together.`,
  frame: DIAGRAM.frame,
  made: "What the model makes of it",
  code: GUESS.code,
  choose: "Code at the first position",
  still: (/** @type {number} */ code) => `code ${code}, rest still`,
};

export const SPELLING = {
  row: (/** @type {number} */ p) => `Code at position ${p}`,
  square: (/** @type {number} */ code, /** @type {number} */ pairs) => `${code}, ${counted(pairs, "pair")}`,
  /** @param {number} times @param {number} total */
  occurs: (times, total) => (times ? `occurs ${count(times)} times in ${count(total)} pairs, ${(100 * times / total).toFixed(2)}\u00a0%` : "never occurs"),
  still: "It is what the model writes where nothing happens. ",
  all: (/** @type {number} */ there, /** @type {number} */ possible) => `${count(there)} of ${count(possible)} words occur at all.`,
  nothing: "“Nothing happens”",
  frequent: "The most frequent word",
  rare: "A word that is rare",
  dots: (/** @type {number} */ there, /** @type {number} */ possible) => `Every word as a dot: ${there} of ${possible} occur`,
  map: (/** @type {number} */ half) => `Every possible word: a row is its first ${half === 1 ? "code" : counted(half, "code")}, a column the rest. The frame marks the word above.`,
  imagined: DIAGRAM.imagined,
  with: (/** @type {string} */ codes) => `with ${codes}`,
  own: "What the model imagines with the codes that it read",
  read: (/** @type {string} */ codes) => `as the model read it, ${codes}`,
  back: (/** @type {string} */ codes) => `Back to ${codes}`,
};

export const DREAM = {
  imagined: "imagined",
  true: "what truly happened",
  slider: "Step of the dream",
  start: "The start: both are the real frame.",
  before: (/** @type {number} */ step) => `imagined in step ${step}`,
  passes: (/** @type {number} */ step) => `step ${step}`,
  step: (/** @type {number} */ step, /** @type {number} */ all, codes = "") => `Step ${step} of ${all}${codes ? `, with ${codes}` : ""}.`,
  psnr: (/** @type {number} */ step, /** @type {number} */ own, /** @type {number} */ copy) => `Step ${step}: imagined ${own.toFixed(1)} dB, the kept first frame ${copy.toFixed(1)} dB.`,
  curve: (/** @type {number[]} */ own, /** @type {number[]} */ copy) => `PSNR against the truth: imagined ${own.join(", ")} dB, kept first frame ${copy.join(", ")} dB`,
  range: (/** @type {number} */ low, /** @type {number} */ high) => `dB (${low.toFixed(0)} to ${high.toFixed(0)})`,
  legend: "Across: steps. Blue, full: imagined; amber, dashed: the first frame, kept (copy-frame).",
  choose: "Robot",
};

export const STAGES = {
  frame: "the frame",
  imagined: (/** @type {string} */ codes) => `what stage 1 imagines with ${codes}`,
  made: (/** @type {string} */ codes) => `What the decoder makes of ${codes}`,
  predicts: "Stage 2 predicts",
  commands: "Stage 3 commands",
  choose: "Instruction",
  loading: "The policies are loaded; a moment…",
  column: "Column of the table",
  table: "Table",
  rate: (/** @type {number} */ value) => `${value.toFixed(1)} %`,
  source: (/** @type {string} */ source) => `${source} Ye et al. 2024, arXiv 2410.11758.`,
};
