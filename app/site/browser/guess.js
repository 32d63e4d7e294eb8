// @ts-check
/* Rounds of the game, laid out as app/tabs/explore/guess does: from a model, a seed and a number, and
 * with the same clips the same pairs as on a server. */
import * as clips from "./clips.js";
import { about, network } from "./engine.js";
import { drawn, isFair, unlike } from "./fair.js";
import { moment } from "./explore.js";
import { address } from "./pictures.js";
import { generator } from "./random.js";

const ROUNDS = 10, OPTIONS = 4, SEEDS = 1000000;
// pairs that are tried for a round
const TRIES = 16;
async function attempt(m, model, clip, draw) {
  const gap = clips.gapIn(model.record.gap, clip.fps), index = draw.integer(clip.frames - gap);
  const all = drawn(model.record, draw), places = draw.permutation(OPTIONS);
  const [here, net] = await Promise.all([moment(m, clip.id, index), network(m)]);
  const { frame, future, scene, inferred } = here, right = await net.decode(scene, inferred);
  if (!isFair(frame, future, right)) return null;
  const others = all.filter((codes) => String(codes) !== String(inferred)), pictures = [];
  for (const codes of others) pictures.push(await net.decode(scene, codes));
  const wrong = unlike(frame, future, right, pictures, OPTIONS - 1);
  if (!wrong) return null;
  const options = [{ codes: inferred, image: right }, ...wrong.map((n) => ({ codes: others[n], image: pictures[n] }))];
  return {
    m, clip: clip.id, index, embodiment: clip.embodiment, gap: model.record.gap, aspect: clip.aspect,
    frame: clips.file(clip, index), future: clips.file(clip, here.after), names: model.names[clip.embodiment],
    options: places.map((place) => ({ codes: options[place].codes, image: address(options[place].image) })),
    right: places.indexOf(0),
  };
}

export const desk = {
  guess: {
    async round({ m, game, n }) {
      if (!(game >= 0 && game < SEEDS && n >= 0 && n < ROUNDS)) throw new Error(`There is no round ${n} of game ${game}.`);
      const [model, { clips: all }] = await Promise.all([about(m), clips.catalogue()]);
      const { embodiments, gap } = model.record;
      // in the order of the server's list, which the draw goes by
      const fit = [...all].sort((a, b) => a.place - b.place).filter((clip) => (!embodiments.length || embodiments.includes(clip.embodiment)) && clip.frames > clips.gapIn(gap, clip.fps));
      const draw = generator([game, n]);
      for (let tried = 0; tried < (fit.length ? TRIES : 0); tried++) {
        const found = await attempt(m, model, fit[draw.integer(fit.length)], draw);
        if (found) return found;
      }
      throw new Error(`The clips here have no pair whose codes of ${m} look different.`);
    },
  },
};
