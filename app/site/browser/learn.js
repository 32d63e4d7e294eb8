// @ts-check
/* What the tab Learn is answered without a server: what the models showed and were asked when the
 * site was made (app/site/lessons.py), and what is tried on codes, with the network in this browser. */
import { checked } from "./dream.js";
import { about, network } from "./engine.js";
import { moment } from "./explore.js";
import { json } from "./files.js";
import { address } from "./pictures.js";

// wrong answers after which the right one is shown
const TRIES = 2;
const FOLDER = "data/learn";
const NAME = /^[a-z]+$/;

const whole = (/** @type {any} */ number) => {
  if (!Number.isInteger(number) || number < 0) throw new Error("The page sent a choice that cannot be read; please reload it.");
  return number;
};

async function lesson(/** @type {string} */ name) {
  const found = (await json(`${FOLDER}/lessons.json`)).lessons.find((each) => each.name === name);
  if (!found) throw new Error(`There is no lesson ${String(name).slice(0, 40)}.`);
  return found;
}

/* A record as it was when the site was made; an error in it is what was told then. */
async function recorded(/** @type {string} */ name) {
  const found = await json(`${FOLDER}/${name}.json`);
  if (found.error) throw new Error(found.error);
  return found;
}

export const desk = {
  learn: {
    open: () => json(`${FOLDER}/lessons.json`),
    async pair({ lesson: name, number }) {
      return recorded(`pair-${(await lesson(name)).name}-${whole(number)}`);
    },
    instructed: ({ number }) => recorded(`instructed-${whole(number)}`),
    async imagine({ lesson: name, clip, index, codes }) {
      const { model } = await lesson(name), { record } = await about(model), net = await network(model);
      const here = await moment(model, clip, index), chosen = checked(codes, record);
      return { image: address(await net.decode(here.scene, chosen)), codes };
    },
    async options({ lesson: name }) {
      const { asked, options } = await recorded(`question-${(await lesson(name)).name}`);
      return { asked, options };
    },
    /* As app/tabs/learn/lesson.py judges: a hint after a first wrong answer, then the right one. */
    async check({ lesson: name, chosen, wrong }) {
      const { options, best, why, hint } = await recorded(`question-${(await lesson(name)).name}`);
      if (chosen === null) return { right: false, best, text: why };
      if (!(whole(chosen) < options.length)) throw new Error(`Choose one of the ${options.length} answers.`);
      if (chosen === best) return { right: true, best, text: why };
      return wrong + 1 >= TRIES ? { right: false, best, text: why } : { right: false, best: null, text: hint };
    },
    async sheet({ lesson: name }) {
      return recorded(`sheet-${(await lesson(name)).name}`);
    },
    async widget({ lesson: name, widget, number }) {
      if (!NAME.test(widget)) throw new Error(`There is nothing called ${String(widget).slice(0, 40)} to try.`);
      return recorded(`widget-${(await lesson(name)).name}-${widget}-${whole(number)}`);
    },
  },
  figures: {
    figures: () => recorded("figures"),
  },
};
