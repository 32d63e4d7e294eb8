// @ts-check
/* The drawer of models: those of this site, and what each takes. */
import { about, pace } from "./engine.js";
import { catalogue } from "./clips.js";

const inWords = (/** @type {number | undefined} */ time) => (time === undefined ? "a moment, measured once one was made" : `${Math.max(1, Math.round(time))} ms on this device`);

export const desk = {
  drawer: {
    async offered() {
      const { models } = await catalogue();
      const all = await Promise.all(models.map(({ name }) => about(name)));
      return { kind: "listed", open: false, models: all.map(({ record, memory }) => ({ model: record, source: "", memory, time: inWords(pace(record.name)) })) };
    },
  },
};
