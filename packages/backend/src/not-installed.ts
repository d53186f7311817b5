/** A package that the user has not installed: no reason for a notice unless somebody asked for it. */
export class NotInstalled extends Error {}
