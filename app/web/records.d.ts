/* The records that travel between Python and the browser; web/records.py and each tab's records.py
 * make them. Pictures are data URLs. */

/** What Python says with the page (web/components.py, head). */
export interface Config {
  root: string;
  tabs: string[];
  glossary: Record<string, string>;
  limits: Limits;
}

/** Bounds that the server holds everybody to; sizes in bytes. */
export interface Limits {
  uploadBytes: number;
  checkpointBytes: number;
  dreamBytes: number;
  /** how often a latent action may be repeated in Transfer */
  transferSteps: number;
  /** cosine from which two motions go the same way */
  along: number;
  /** seeds of the simulator go from 0 to one less */
  seeds: number;
  /** characters of an instruction, and of the source of a model */
  instruction: number;
  source: number;
  /** thumbnails of the atlas in one answer */
  atlasThumbnails: number;
}

/** What a gr.HTML hands to its script. */
export interface Gradio {
  props: { value: any };
  trigger(event: string, data: object): void;
  watch(props: string | string[], changed: () => void): void;
  server: Record<string, (...given: any[]) => Promise<any>>;
  upload(file: File): Promise<{ path: string; url: string }>;
}

export interface Clip {
  id: string;
  source: string;
  embodiment: string;
  task: string;
  instruction: string;
  fps: number;
  frames: number;
  /** the frame that it opens on */
  opening: number;
  /** width over height */
  aspect: number;
  uploaded: boolean;
  note: string;
}

export interface Model {
  name: string;
  title: string;
  error: string;
  /** what lies beside it and cannot be used, or empty */
  note: string;
  /** what its card says of it in one sentence, or empty */
  about: string;
  /** what moves in its pictures, a robot or a car */
  moves: string;
  /** whether the first codes of a latent action are one of their own */
  nested: boolean;
  positions: number;
  values: number;
  /** seconds between the frames of a pair */
  gap: number;
  /** pixels of a side */
  size: number;
  parameters: string;
  embodiments: string[];
}

/** A way in (tabs/explore/starts.py): its name, a sentence about it, the model and clip it opens. */
export interface Start {
  name: string;
  about: string;
  m: string;
  c: string;
}

/** Of so many real pairs, so many went the way of the word; named: whether it may be said. */
export interface Witness {
  word: string;
  pairs: number;
  agree: number;
  named: boolean;
}

/** Which way real pairs of each code went (lapa/imagine/names.py). whose: the embodiment, empty for
 * all together; motions to the right and down, as shares of the frame's side. */
export interface Names {
  whose: string;
  /** what words are called where it is not a robot: of a car */
  says?: Record<string, string>;
  still: number;
  base: number[];
  effects: number[][][];
  codes: Witness[][];
  sums: Record<string, Witness>;
  /** by latent action, such as "3.1.0.6": what its gripper does */
  grips?: Record<string, Witness>;
}

export interface Preset {
  name: string;
  codes: number[];
  note: string;
}

/** What the page shows: model, clip, frame, latent action (null: as inferred), swept position,
 * overlay. follow: the latent action follows what is inferred on each frame. */
export interface State {
  m: string | null;
  c: string | null;
  f: number;
  a: number[] | null;
  p: number | null;
  o: string;
  follow: boolean;
}

/** How close the imagined frame comes to the true one, and the frame now beside it. */
export interface Figures {
  sentence: string;
  /** what codes at random do on this frame */
  chance: string;
  /** why the picture is blurred, where that is seen */
  blur: string;
  psnr: string;
  copy: string;
  ratio: number | null;
}

/** The answer to a press, or the first picture of a page (then with `state`). */
export interface Answer {
  seq?: number;
  state?: State;
  error?: string;
  /** the model is loading; the imagined picture follows */
  pending?: boolean;
  model: Model;
  clip: string;
  index: number;
  futureIndex: number | null;
  /** where the clip's frames lie as files, `<number>.webp` */
  frames: string;
  frame: string;
  image: string | null;
  future: string | null;
  codes: number[] | null;
  inferred: number[] | null;
  presets: Preset[];
  names: Names | null;
  figures: Figures | null;
  note: string;
  notes: string[];
  stranger: string;
  /** width over height */
  aspect: number;
  link: string;
  milliseconds: number;
}

/** What all parts know of the page. latencies: of the last presses, in milliseconds. */
export interface Page {
  clips: Clip[];
  models: Model[];
  starts: Start[];
  model: Model | null;
  shown: Answer | null;
  latencies: number[];
  tab: string | null;
}

/** A moment of a dream. since: from which step on it should not be trusted; trust: that in words. */
export interface Moment {
  n: number;
  parent: number | null;
  step: number;
  codes: number[] | null;
  src: string;
  far: number | null;
  sharp: number;
  since: number | null;
  trust: string;
}

/** A latent action with the name of what it does. own: chosen by the visitor. */
export interface Key {
  name: string;
  codes: number[];
  note: string;
  own?: boolean;
}

/** A step of a replay. psnr, copy: decibels of the imagined and of the first frame. */
export interface Replayed {
  step: number;
  imagined: string;
  true: string;
  codes: number[];
  anchored: boolean;
  psnr: number;
  copy: number;
  sharp: number;
}

export interface Dream {
  start: { m: string; c: string; f: number } | null;
  positions: number;
  values: number;
  gap: number;
  embodiment: string;
  aspect: number;
  /** steps of the longest replay, moments that are kept at most */
  longest: number;
  most: number;
  names: Names | null;
  keys: Key[];
  learned: Key[];
  nodes: Moment[];
  here: number;
  tip: number;
  action: number[] | null;
  position: number;
  /** steps a second, and steps until a playing dream stops */
  rate: number;
  horizon: number;
  pins: number[];
  mode: "drive" | "replay";
  flow: { op: string; total: number; done: number } | null;
  diff: boolean;
  replay: { every: number; steps: Replayed[]; f: number; at: number; longest: number; sentence: string };
}

/** All points of an atlas, a column each (tabs/atlas/records.py; unpacked by points.js). */
export interface Points {
  count: number;
  positions: number;
  values: number;
  embodiments: string[];
  tasks: string[];
  clips: string[];
  codes: Uint8Array;
  embodiment: Uint16Array;
  direction: Uint8Array;
  shipped: Uint8Array;
  task: Uint16Array;
  clip: Uint32Array;
  index: Uint32Array;
  /** right and down, as shares of the frame's side */
  motion: Float32Array;
  /** the order in which they are drawn */
  order: Uint32Array;
  maps: Record<string, { dims: number; at: Float32Array; about: any }>;
  scales: Record<string, [number[], number]>;
  quality: any;
  usage: any;
  /** by map */
  regions: Record<string, import("../tabs/atlas/labels.js").Regions>;
  /** a pattern worth seeing first, or empty */
  first: string;
}

/** The symbol of one kind of point. grow: its size against the usual one. */
export interface Symbol {
  name: string;
  colour: string;
  shape: number;
  grow?: number;
}

export interface Atlas {
  points: Points | null;
  /** model, map, what colours it, the open point, the codes or words that are searched */
  look: { m: string; map: string; by: string; i: number | null; q: string } | null;
  open: ((i: number) => Promise<void>) | null;
  search: ((text: string) => Promise<void>) | null;
  /** finds the pairs most like a point */
  like: ((i: number) => Promise<void>) | null;
  /** saves rows as a file; resolves to what is said of it */
  save: ((rows: number[], words: string, as: "csv" | "json" | "webp") => Promise<string>) | null;
  pictures: ((rows: number[]) => Promise<([string, string] | null)[]>) | null;
  name: ((i: number) => string) | null;
}

declare global {
  /** The handle of the page: web/loader.js makes it; modules import one another instead. */
  var Lapa: {
    config: Config;
    load(path: string): Promise<any>;
    mount(path: string, element: HTMLElement, gradio: Gradio): void;
    tab(name: string): Promise<void>;
  };
}
