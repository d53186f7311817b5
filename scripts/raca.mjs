// `npm run raca -- …`: the command `raca` of this clone, run where the user stands.
process.chdir(process.env.INIT_CWD ?? '.');
await import('../packages/cli/bin/raca.mjs');
