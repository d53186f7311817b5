export * from './dicom/index';
