/** The chart of bench/gauntlet.md, as an SVG: one bar for each proxy. */

/** Widths, heights and distances in pixels. */
const WIDTH = 760;
const BAR_AT = 150;
const BAR_WIDTH = 510;
const BAR_HEIGHT = 22;
const ROW_HEIGHT = 38;
const FIRST_ROW = 84;

const PARTS = [
  { name: 'ended as it should', color: '#2a78d6', of: ({ good }) => good },
  { name: 'another mistake', color: '#a9a9a2', of: (score) => rest(score) },
  { name: 'a failure passed off as success', color: '#d03b3b', of: ({ passedOff }) => passedOff },
];

const rest = ({ total, good, passedOff }) => total - good - passedOff;

const ROW = /^\| (\S+) (\S+) \| (\d+) of (\d+) \| ([\d.]+) % \| (\d+) \| \d+ \|$/;

/** The scores of a page: the rows of its first table. */
export const scoresIn = (page) =>
  page.split(/\r?\n/).flatMap((line) => {
    const [, name, version, good, total, percent, passedOff] = ROW.exec(line) ?? [];
    return name === undefined
      ? []
      : [{ name, version, good: Number(good), total: Number(total), percent, passedOff: Number(passedOff) }];
  });

const text = (x, y, says, more = '') => `<text x="${x}" y="${y}"${more}>${says}</text>`;

const rect = (x, y, width, height, color, says) =>
  `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${height}" fill="${color}"><title>${says}</title></rect>`;

const bar = (score, at) => {
  const y = FIRST_ROW + at * ROW_HEIGHT;
  const middle = y + BAR_HEIGHT / 2 + 5;
  let x = BAR_AT;
  const parts = PARTS.flatMap(({ name, color, of }) => {
    const count = of(score);
    if (count === 0) return [];
    const width = (BAR_WIDTH * count) / score.total;
    const drawn = rect(x, y, width - 1, BAR_HEIGHT, color, `${name}: ${count} of ${score.total}`);
    x += width;
    return [drawn];
  });
  const strong = at === 0 ? ' class="strong"' : '';
  return [
    text(BAR_AT - 10, middle, score.name, ` text-anchor="end"${strong}`),
    ...parts,
    text(BAR_AT + BAR_WIDTH + 10, middle, `${score.percent} %`, strong),
  ];
};

const legend = () => {
  let x = BAR_AT;
  return PARTS.flatMap(({ name, color }) => {
    const drawn = [rect(x, 52, 12, 12, color, name), text(x + 18, 62, name, ' class="small"')];
    x += 42 + name.length * 6;
    return drawn;
  });
};

/** The chart of a page's scores, which reads well on a white and on a dark page. */
export const chartOf = (page) => {
  const scores = scoresIn(page);
  const [first] = scores;
  if (first === undefined) throw new Error('the page has no table of scores');
  const height = FIRST_ROW + scores.length * ROW_HEIGHT + 6;
  const title = `The gauntlet: ${first.total} cases with an upstream that misbehaves`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>${title}</title>
<desc>${scores.map(({ name, percent }) => `${name}: ${percent} % of the cases ended as they should`).join('; ')}.</desc>
<style>
  text { font: 14px system-ui, sans-serif; fill: #1f2328; }
  .small { font-size: 12px; }
  .strong { font-weight: 600; }
  .back { fill: #ffffff; }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .back { fill: #0d1117; } }
</style>
<rect class="back" width="${WIDTH}" height="${height}"/>
${text(BAR_AT, 28, title, ' class="strong"')}
${[...legend(), ...scores.flatMap(bar)].join('\n')}
</svg>
`;
};
