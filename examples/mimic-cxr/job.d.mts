export declare function mimicJob(options: {
  from?: string[];
  data?: string;
  out: string;
  config?: string;
  changes?: object;
  seeds?: number;
  argv?: string[];
}): Promise<number>;
