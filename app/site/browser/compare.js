// @ts-check
/* A prediction against the true future: what app/core/compare.py says of it, of the same pictures.
 * Pure. Pictures are RGBA pixels of one square side, as a canvas has them. */

/** @typedef {{ data: Uint8ClampedArray, side: number }} Picture */

// mean squared difference below which two frames differ only by compression: 0.1 in grey levels
const STILL = 0.1 / 255 ** 2;
// an error below that of rounding to whole grey levels counts as that
const ROUNDING = 1 / 12 / 255 ** 2;
// share of the true frame's edges, where it moves, below which anybody sees that some are missing
const BLURRED = 0.6;
// squared edges of the true frame there, summed: with fewer a share of them says nothing
const EDGES = 2;
// a channel that changes by more grey levels than this has moved
const MOVES = 20;
// pixels around the robot that count with it
const SURROUNDINGS = 5;
const LUMINANCE = [0.299, 0.587, 0.114];

/** Mean squared error of two pictures, in units of the full range. */
export function squaredError(/** @type {Picture} */ one, /** @type {Picture} */ other) {
  const a = one.data, b = other.data;
  let total = 0;
  for (let i = 0; i < a.length; i += 4) {
    total += (a[i] - b[i]) ** 2 + (a[i + 1] - b[i + 1]) ** 2 + (a[i + 2] - b[i + 2]) ** 2;
  }
  return total / (0.75 * a.length) / 255 ** 2;
}

/** Mean absolute difference of two pictures, in grey levels. */
export function meanChange(/** @type {Picture} */ one, /** @type {Picture} */ other) {
  const a = one.data, b = other.data;
  let total = 0;
  for (let i = 0; i < a.length; i += 4) {
    total += Math.abs(a[i] - b[i]) + Math.abs(a[i + 1] - b[i + 1]) + Math.abs(a[i + 2] - b[i + 2]);
  }
  return total / (0.75 * a.length);
}

export const psnr = (/** @type {number} */ error) => -10 * Math.log10(Math.max(error, ROUNDING));

/** MSE over that of the copied frame; null where nothing moves. */
export function ratioTo(/** @type {Picture} */ image, /** @type {Picture} */ frame, /** @type {Picture} */ future) {
  const copy = squaredError(frame, future);
  return copy > STILL ? squaredError(image, future) / copy : null;
}

/**
 * What is said of a prediction.
 * @param {Picture} image
 * @param {Picture} frame
 * @param {Picture} future
 * @param {number | null} chance mean ratio of random latent actions
 * @returns {import("../../web/records").Figures}
 */
export function figures(image, frame, future, chance) {
  const ratio = ratioTo(image, frame, future);
  return {
    psnr: `${psnr(squaredError(image, future)).toFixed(1)} dB`,
    copy: `${psnr(squaredError(frame, future)).toFixed(1)} dB`,
    ratio: ratio === null ? null : Math.round(1000 * ratio) / 1000,
    sentence: ratio === null ? ofStill(meanChange(image, frame)) : ofRatio(ratio),
    chance: againstChance(ratio, chance),
    blur: blur(image, frame, future),
  };
}

export function ofRatio(/** @type {number} */ ratio) {
  const percent = Math.round(100 * Math.abs(1 - ratio));
  if (percent === 0) return "This prediction is as close to the true future as the copied frame.";
  if (ratio >= 3) return `This prediction is ${ratio.toFixed(1)} times as far from the true future as the copied frame.`;
  return `This prediction is ${percent} % ${ratio < 1 ? "closer to" : "further from"} the true future than the copied frame.`;
}

export function ofStill(/** @type {number} */ change) {
  if (change < 1) return "Nothing moves before the true future, and the prediction leaves the frame alone too.";
  return `Nothing moves before the true future, but the prediction changes the frame by ${change.toFixed(1)} of 255 levels on average.`;
}

/**
 * What codes at random do on this frame.
 * @param {number | null} ratio
 * @param {number | null} chance
 */
export function againstChance(ratio, chance) {
  if (ratio === null || chance === null) return "";
  const percent = Math.round(100 * Math.abs(1 - chance));
  const side = chance < 1 ? "closer to the future" : "further from the future";
  const far = chance >= 3 ? `${chance.toFixed(1)} times as far from the future` : `${percent} % ${side}`;
  if (chance <= ratio) return `Random codes do as well here (${far}), so this figure proves nothing.`;
  return `Random codes on this frame are ${far} than the copied frame.`;
}

function blur(/** @type {Picture} */ image, /** @type {Picture} */ frame, /** @type {Picture} */ future) {
  const [drawn, real] = movingEnergy(image, future, frame);
  if (real < EDGES || drawn >= BLURRED * real) return "";
  return `Blurred where it moves: ${Math.round(100 * drawn / real)} % of the true frame's edges are there. ` +
    "Many futures fit one latent action, and the decoder draws something between them.";
}

/* ---- where something moves (lapa/images.py) ---- */
/** Means of 2 x 2 pixels, three numbers each. */
function halved(/** @type {Picture} */ { data, side }) {
  const half = side >> 1, out = new Float64Array(3 * half * half);
  for (let y = 0, to = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      const at = 4 * (2 * y * side + 2 * x), below = at + 4 * side;
      for (let c = 0; c < 3; c++) out[to++] = (data[at + c] + data[at + 4 + c] + data[below + c] + data[below + 4 + c]) / 4;
    }
  }
  return out;
}

const grey = (/** @type {Float64Array} */ of, /** @type {number} */ i) => (LUMINANCE[0] * of[i] + LUMINANCE[1] * of[i + 1] + LUMINANCE[2] * of[i + 2]) / 255;

function moved(/** @type {ArrayLike<number>} */ one, /** @type {ArrayLike<number>} */ other, /** @type {number} */ i) {
  return Math.abs(one[i] - other[i]) > MOVES || Math.abs(one[i + 1] - other[i + 1]) > MOVES || Math.abs(one[i + 2] - other[i + 2]) > MOVES;
}

/** Squared Laplacians of the imagined and of the true frame, summed where the true frame moves. */
export const movingEnergy = (/** @type {Picture} */ image, /** @type {Picture} */ future, /** @type {Picture[]} */ ...before) => movingSum(2, image, future, before);

/** The same of their sizes: for two frames that need not show the same. */
export const movingDetail = (/** @type {Picture} */ image, /** @type {Picture} */ future, /** @type {Picture[]} */ ...before) => movingSum(1, image, future, before);

/**
 * @param {1 | 2} power
 * @param {Picture} image
 * @param {Picture} future
 * @param {Picture[]} before
 * @returns {[number, number]}
 */
function movingSum(power, image, future, before) {
  const small = halved(image), real = halved(future), earlier = before.map(halved), side = future.side >> 1;
  const curved = (/** @type {Float64Array} */ of, /** @type {number} */ i) => grey(of, i - 3 * side) + grey(of, i + 3 * side) + grey(of, i - 3) + grey(of, i + 3) - 4 * grey(of, i);
  let mine = 0, theirs = 0;
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      const i = 3 * (y * side + x);
      if (!earlier.some((each) => moved(real, each, i))) continue;
      mine += Math.abs(curved(small, i)) ** power;
      theirs += Math.abs(curved(real, i)) ** power;
    }
  }
  return [mine, theirs];
}

/** The first of two over the second, 1 where there is nothing. */
export const sharpness = (/** @type {[number, number]} */ [mine, theirs]) => (theirs > 0 ? mine / theirs : 1);

/**
 * Mean squared error where the robot is: where the true frame differs from one of those before, and
 * a few pixels around; of the whole frame where nothing does.
 * @param {Picture} image
 * @param {Picture} future
 * @param {...Picture} before
 */
export function robotError(image, future, ...before) {
  const { side } = future, near = new Uint8Array(side * side);
  let any = false;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (!before.some((each) => moved(future.data, each.data, 4 * (y * side + x)))) continue;
      any = true;
      for (let v = Math.max(0, y - SURROUNDINGS); v <= Math.min(side - 1, y + SURROUNDINGS); v++) {
        near.fill(1, v * side + Math.max(0, x - SURROUNDINGS), v * side + Math.min(side - 1, x + SURROUNDINGS) + 1);
      }
    }
  }
  let total = 0, count = 0;
  for (let i = 0; i < near.length; i++) {
    if (any && !near[i]) continue;
    for (let c = 0; c < 3; c++) total += (image.data[4 * i + c] - future.data[4 * i + c]) ** 2;
    count += 3;
  }
  return total / count / 255 ** 2;
}
