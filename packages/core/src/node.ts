export { removeHalfWritten, writeFileAtomic } from './node/atomic-file';
export { isLocked, isRunning, lockFolder } from './node/folder-lock';
export { insideOf } from './node/inside-of';
export { openRegularFile, readRegularFile } from './node/regular-file';
export { finishReplacement, replaceFolder } from './node/replace-folder';
export { guardedCell, withoutGuard } from './node/spreadsheet-cell';
export { asDiskError, isSystemError } from './node/system-error';
