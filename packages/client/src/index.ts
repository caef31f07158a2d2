export type { SimulatorSeatHost } from './simulator-seat.js'
export { SimulatorSeat } from './simulator-seat.js'
