// @ts-check
/* Numbers as people read them, and what the scripts say that all tabs share. */

/** 2500000 -> "2.5 MB". */
export const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

/** 25000 -> "25 000", with a narrow space that does not break. */
export const count = (/** @type {number} */ number) => number.toLocaleString("en").replaceAll(",", "\u202f");

/** How many of something: 1 -> "1 code", 4 -> "4 codes". */
export const counted = (/** @type {number} */ number, /** @type {string} */ word) => `${number} ${word}${number === 1 ? "" : "s"}`;

/** A time: 40 -> "40 seconds". */
export function duration(/** @type {number} */ seconds) {
  if (seconds < 1.5) return "a second";
  if (seconds < 15) return `${Math.round(seconds)} seconds`;
  if (seconds < 90) return `${5 * Math.round(seconds / 5)} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} minutes` : `${(seconds / 3600).toFixed(1)} hours`;
}

/** A share: 0.25 -> "25 %"; null, which nobody knows, is no 0 %. */
export const percent = (/** @type {number | null | undefined} */ share) => (share === null || share === undefined ? "an unknown share" : `${Math.round(100 * share)} %`);

/** Why something that others do, too, has not begun yet. */
export const waiting = (/** @type {{ ahead: number }} */ { ahead }) => `${ahead} ${ahead === 1 ? "visitor is" : "visitors are"} before you.`;

export const HEADER = {
  none: "none",
  copied: "Link copied.",
  opens: "It opens exactly this frame and these codes.",
  /** what a link opens that is copied on another tab */
  opensOn: {
    transfer: "It opens this tab with this pair and these frames.",
    atlas: "It opens this map with what is open and found.",
    learn: "It opens this step of this lesson.",
    checkup: "It opens this tab with these checkpoints and clips.",
  },
  /** instead of that, where the state holds an upload */
  stays: "Your upload stays private: whoever opens the link is asked to upload the file again.",
};

export const COPY = {
  refused: (/** @type {string} */ where) => `The browser does not allow copying here; the link is ${where}`,
  here: "in the address bar",
};

export const HELP = {
  checkpoint: "Checkpoint",
  parameters: "Parameters",
  action: "Latent action",
  gap: "Gap",
  resolution: "Resolution",
  pixels: (/** @type {number} */ size) => `${size} × ${size} pixels`,
};

/** of one's own files on their way to the server */
export const SENDING = {
  reading: "Reading…",
  empty: (/** @type {string} */ name, /** @type {string} */ needed) => `${name} is empty (0 bytes).${needed && ` ${needed}`}`,
  large: (/** @type {string} */ name, /** @type {string} */ size, /** @type {string} */ most) => `${name} has ${size}. At most ${most} are accepted.`,
  lost: (/** @type {string} */ name) => `${name} could not be sent to the server. Check the connection and try again.`,
};

export const WIRE = {
  slow: "The server has not answered in time. Check the connection and try again.",
  press: "The server has not answered for 30 seconds. Press a code to try again.",
};

/** Typed codes; what is accepted comes with every refusal. */
export const CODES = {
  accepted: (/** @type {number} */ positions, /** @type {number} */ values, /** @type {string} */ example) =>
    `Accepted: ${counted(positions, "code")} from 0 to ${values - 1}, such as ${example}.`,
  nothing: "Nothing was entered.",
  unread: (/** @type {string} */ word) => `“${word}” is not a code.`,
  many: (/** @type {number} */ many) => `That is ${counted(many, "code")}.`,
  beyond: (/** @type {number} */ code, /** @type {number} */ position) => `Code ${code} at position ${position} does not exist.`,
};

export const ARROWS = {
  /** clockwise from the right */
  ways: ["to the right", "down-right", "down", "down-left", "to the left", "up-left", "up", "up-right"],
  none: "hardly any motion",
  motion: (/** @type {number} */ share, /** @type {string} */ way) => `${(100 * share).toFixed(1)} % of the frame ${way}`,
};

/** What codes do, with the real pairs that bear it out; a car is told by its driver where to go. */
export const NAMES = {
  none: "no common direction",
  car: "of the car",
  own: "of this robot",
  everyone: "of all robots together",
  driven: (/** @type {string} */ word) => `were driven so: “${word}”`,
  stayed: "stayed",
  went: (/** @type {string} */ word) => `went ${word}`,
  unseen: (/** @type {string} */ whom) => `No real pair ${whom} has this code.`,
  unseenAt: (/** @type {string} */ whom, /** @type {number} */ code, /** @type {number} */ position) => `No real pair ${whom} has code ${code} at position ${position}.`,
  /** @param {number} agree @param {number} pairs @param {string} whom @param {string} went */
  agree: (agree, pairs, whom, went) => `${agree} of ${pairs} real pairs ${whom} ${went}.`,
  /** @param {number} agree @param {number} pairs @param {string} whom @param {string} went */
  few: (agree, pairs, whom, went) => `Too little for a name: ${agree} of ${pairs} real pairs ${whom} ${went}.`,
  /** @param {number} agree @param {number} pairs @param {string} whom @param {string} went */
  apart: (agree, pairs, whom, went) => `No common direction: only ${agree} of ${pairs} real pairs ${whom} ${went}, as their mean does.`,
  both: (/** @type {string} */ way, /** @type {string} */ grip) => `${way}, ${grip}`,
  /** @param {number} agree @param {number} pairs @param {string} whom @param {string} grip closes, or opens */
  grips: (agree, pairs, whom, grip) => `With these very codes the gripper ${grip} in ${agree} of ${pairs} real pairs ${whom}.`,
  untested: (/** @type {string} */ word, /** @type {string} */ whom) => `Its codes add up to “${word}”, which no real pair ${whom} tested.`,
  /** @param {string} word @param {number} agree @param {number} pairs @param {string} whom @param {string} went */
  tested: (word, agree, pairs, whom, went) => `Its codes add up to “${word}”: where codes did, ${agree} of ${pairs} real pairs ${whom} ${went}.`,
};

const NUMBERS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight"];
const few = (/** @type {number} */ many) => NUMBERS[many] || String(many);

/** The tour's stops: a title, and words that are true of the model that is open. */
export const TOUR = {
  frames: {
    title: "A frame, and a guess",
    text: (/** @type {boolean} */ still) => "Left is a real frame. Right is what the model imagines a moment later" +
      `${still ? "" : ", going back and forth with the frame, so that you see what moves"}. Nobody told it what was done.`,
  },
  pads: {
    title: "Press a code",
    text: (/** @type {number} */ positions, /** @type {number} */ values) =>
      `${positions === 1 ? `One code from 0 to ${values - 1} is the whole latent action` : `${few(positions)} codes from 0 to ${values - 1} are one latent action`}. ` +
      "Press one and watch the right picture change.",
  },
  sweep: {
    title: "All at once",
    text: (/** @type {number} */ positions, /** @type {number} */ values) =>
      `${few(values)} pictures: what every code${positions === 1 ? "" : " of one position"} does to this frame. Click one to take its code.`,
  },
  truth: {
    title: "What really happened",
    text: () => "Where the future is known, it is here, with its inferred codes and how close the guess came.",
  },
  on: "Go on",
  /** what is said of each tab that comes after Explore, on pages that have it */
  tabs: {
    learn: "Learn explains it in seven short lessons.",
    imagine: "Imagine dreams many steps ahead.",
    policy: "Policy starts from an instruction.",
    transfer: "Transfer carries a latent action from robot to robot.",
    atlas: "Atlas maps thousands of frame pairs.",
    checkup: "Checkup measures how good a model is.",
  },
  at: (/** @type {number} */ at, /** @type {number} */ of) => `${at} of ${of}`,
  close: "Close",
  skip: "Skip the tour",
  next: "Next",
  lesson: "First lesson",
  explore: "Explore",
};
