/**
 * The grammar of model names by which misbehaviour is asked for:
 *
 *     demo:NAME[+NAME…][:TIMES|:always][:ID]
 *
 * Each name, in turn, is played TIMES times; then all is well. `always`, or no number, goes round for ever. Attempts
 * are counted by ID; without one, by the whole model name. `demo:http-429+empty-body:1:a7` is a 429, then an empty
 * body, then a good answer.
 */

export interface Wish {
  readonly names: readonly string[];
  /** The number of times that each is played; infinite: for ever, in turn. */
  readonly times: number;
  /** The name by which attempts are counted and remembered. */
  readonly id: string;
}

/** The name of the ordinary good answer. */
export const WELL = 'good-plain';

/** Undefined: an ordinary model name. */
export const wishInModel = (model: string): Wish | undefined => (model.startsWith('demo:') ? wish(model) : undefined);

/** The script of a name with the same grammar, with `demo:` or without. A query's `+` may come as a blank. */
export const wish = (text: string): Wish => {
  const [names = '', ...rest] = text.replace(/^demo:/, '').split(':');
  const [times, ...id] = /^(\d+|always)$/.test(rest[0] ?? '') ? rest : ['always', ...rest];
  return {
    names: names.split(/[+ ]/),
    times: times === 'always' ? Number.POSITIVE_INFINITY : Number(times),
    id: id.length > 0 ? id.join(':') : text,
  };
};

/** The play at an attempt, the first being 1. */
export const playedAt = ({ names, times }: Wish, attempt: number): string => {
  const turn = times === Number.POSITIVE_INFINITY ? (attempt - 1) % names.length : Math.floor((attempt - 1) / times);
  return names[turn] ?? WELL;
};
