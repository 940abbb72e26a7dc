import Compute
import Foundation

/// What was decided of some tokens where they met a router, for the linears that follow.
struct ExpertChoice: Sendable {
  /// The tokens of each expert.
  let experts: [ExpertTokens]
  /// What shared experts' outputs are multiplied with, token by token, by the name of the gate.
  let shares: [String: [Float]]

  /// The choice of `routing` between `count` experts, and shared experts' shares σ(z) of `gates`.
  init(_ routing: Routing, count: Int, gates: [String: [Float]]) {
    experts = routing.tokensByExpert(count)
    shares = gates.mapValues { $0.map { 1 / (1 + exp(-$0)) } }
  }
}
