/**
 * The sizes of Fargate's tasks: CPU units to MiB from, to, in steps of; 256 units have 512 MiB too.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
 */
const SIZES: Readonly<Record<number, { readonly from: number; readonly to: number; readonly step: number }>> =
  {
    256: { from: 1024, to: 2048, step: 1024 },
    512: { from: 1024, to: 4096, step: 1024 },
    1024: { from: 2048, to: 8192, step: 1024 },
    2048: { from: 4096, to: 16_384, step: 1024 },
    4096: { from: 8192, to: 30_720, step: 1024 },
    8192: { from: 16_384, to: 61_440, step: 4096 },
    16384: { from: 32_768, to: 122_880, step: 8192 },
  };

/** Whether Fargate offers a task of this many CPU units and MiB. */
export function isFargateSize(cpu: number, memory: number): boolean {
  const size = SIZES[cpu];
  if (size === undefined) return false;
  if (cpu === 256 && memory === 512) return true;
  return memory >= size.from && memory <= size.to && memory % size.step === 0;
}
