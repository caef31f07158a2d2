/** Of this script: what ships with the view lies beside it. */
export const SCRIPT_ADDRESS: string = import.meta.url
