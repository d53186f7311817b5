export function licenceOf(entry: { readonly name: string; readonly version: string }): string | null;
export function billOfMaterials(): {
  bomFormat: string;
  specVersion: string;
  serialNumber: string;
  components: {
    name: string;
    group?: string;
    'bom-ref': string;
    purl: string;
    hashes?: { alg: string; content: string }[];
    licenses?: object[];
  }[];
  dependencies: { ref: string; dependsOn: string[] }[];
};
