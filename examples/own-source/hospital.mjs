/**
 * A data set of one's own in one file. Here: a folder with `visits.tsv` (visit, person, taken, question, report) and pictures called
 * `<visit>-pa.png`, `<visit>-lat.png`.
 *
 *   raca data import own hospital.mjs --from hospital --out hospital-data
 *
 * @type {import('@raca/data/node').ImportSource}
 */
export default {
  name: 'hospital',
  about: {
    source: 'a made-up hospital',
    licence: 'CC0 1.0',
    access: 'open', // without this word nothing of its text may go to a service
    cleaning: 'iu_xray',
  },
  perStudy: 'all',

  async read(reading) {
    const images = new Map();
    let table;
    for await (const file of reading.files()) {
      const [, name] = /(?:^|\/)([^/]+-(?:pa|lat))\.png$/i.exec(file.name) ?? [];
      if (name) images.set(name, file);
      else if (/(?:^|\/)visits\.tsv$/.test(file.name)) table = await reading.onDisk(file);
    }
    if (!table) throw new Error(`${reading.from.join(', ')}: expected visits.tsv, found none`);
    await reading.hash(table); // another table makes another import

    const studies = [];
    for await (const row of reading.rows(table, ['visit', 'person', 'taken', 'question', 'report'])) {
      const { visit, person, taken, question, report } = row;
      if (report === 'pending') {
        reading.drop(visit, 'report not signed yet', { place: taken }); // counted, and listed in dropped.csv
        continue;
      }
      studies.push({
        id: visit,
        subject: person, // all studies of a person go into one split
        origin: table.name,
        sections: { findings: report, ...(question && { indication: question }) },
        images: ['pa', 'lat']
          .map((view) => ({
            id: `${visit}-${view}`,
            view: view === 'pa' ? 'PA' : 'LATERAL',
            keys: [`${visit}-${view}`],
          }))
          .filter(({ id }) => images.has(id)),
        time: Date.parse(taken) / 86_400_000, // gives `day`, and `prior_study` to later visits
      });
    }
    return { studies, images };
  },
};
