import { readRegularFile } from '@raca/core/node';
import type { RegionSet } from '@raca/core/regions';
import { parseRegionSet, type RunConfig } from '@raca/pipeline';
import { isDataFile, regionPaths } from '@raca/pipeline/node';
import { parseYaml } from './parse-yaml';
import { ownDefault, requireTrust, type Trust } from './user-modules';

/** Longest file of a set in bytes: a thousand regions with their drawings and words take about one million. */
const LONGEST = 4 << 20;

/**
 * A set of regions from a file that the user named or vouched for: JSON or YAML, or a module whose default export is one.
 * @param field named in errors
 * @throws Error in one line
 */
export async function readRegions(path: string, field: string): Promise<RegionSet> {
  const value = isDataFile(path) ? dataOf(path, field) : await ownDefault(path, field);
  return parseRegionSet(value, `${field}: ${path}`);
}

/**
 * The config with the regions themselves where it names a file that has them.
 * @throws UsageError as {@link requireTrust}; Error in one line if the file cannot be used
 */
export async function withRegions(config: RunConfig, trust: Trust): Promise<RunConfig> {
  const { regions: path } = config.model;
  if (typeof path !== 'string') return config;
  requireTrust(config, trust, regionPaths(config));
  return { ...config, model: { ...config.model, regions: await readRegions(path, 'model.regions') } };
}

function dataOf(path: string, field: string): unknown {
  try {
    return parseYaml(readRegularFile(path, 'a set of regions', LONGEST).toString('utf8'));
  } catch (error) {
    throw new Error(`${field}: ${path}: ${(error as Error).message.split('\n')[0]}`);
  }
}
