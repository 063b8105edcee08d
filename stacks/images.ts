import { prefix, production } from './stage.ts';

/** Where the runtime's images lie; a tag never changes what it names. */
export const images = new aws.ecr.Repository('Images', {
  name: `${prefix}/runtime`,
  imageTagMutability: 'IMMUTABLE',
  imageScanningConfiguration: { scanOnPush: true },
  encryptionConfigurations: [{ encryptionType: 'AES256' }],
  forceDelete: !production,
});
