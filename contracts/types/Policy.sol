// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What an agent may spend, whatever a model answers.
struct Policy {
    /// wei; most that one action moves out.
    uint80 actionCap;
    /// wei; most that leaves through actions and top-ups in any `window` seconds.
    uint80 budget;
    /// s; length of the budget's window.
    uint32 window;
    /// wei; the treasury never falls below this through actions.
    uint64 reserve;
}

/// @notice What an agent may spend of one ERC-20 token, in units of the token; a window of 0 means that none was set.
struct TokenLimit {
    /// Most that one action moves out.
    uint104 actionCap;
    /// Most that leaves through actions in any `window` seconds.
    uint104 budget;
    /// s; length of the budget's window.
    uint32 window;
}

/// @notice What has been spent so far against a budget, in wei or in units of a token.
/// @dev Two adjoining epochs of one window each count together, so no window of that length, wherever it begins, sees
/// more than the budget.
struct Spending {
    /// Spent in the current epoch.
    uint104 current;
    /// Spent in the epoch before.
    uint104 previous;
    /// Number of the current epoch: time / window.
    uint40 epoch;
}

/// @notice What the action `call` may do with one function of a contract.
enum Rule {
    /// Nothing.
    None,
    /// Call it without value.
    Call,
    /// Call it, also with value.
    Pay
}

using PolicyLib for Policy global;
using PolicyLib for TokenLimit global;

/// @notice Which of two policies lets more out.
library PolicyLib {
    /// @notice Whether any field is looser than in `old`.
    function isLooser(Policy memory limits, Policy memory old) internal pure returns (bool) {
        return limits.actionCap > old.actionCap || limits.budget > old.budget || limits.window < old.window
            || limits.reserve < old.reserve;
    }

    /// @notice Whether any field is looser than in `old`; a first limit is looser than none.
    function isLooser(TokenLimit memory limit, TokenLimit memory old) internal pure returns (bool) {
        return limit.actionCap > old.actionCap || limit.budget > old.budget || limit.window < old.window;
    }
}

/// @notice A provider and one of its models.
struct Choice {
    address provider;
    bytes32 modelId;
}

/// @notice How an agent's loop runs; the units are those of {Timing} and {Pricing}.
struct Loop {
    /// s between steps.
    uint32 interval;
    /// s; longest pause, and the pause after a failure.
    uint32 heartbeat;
    /// s to answer.
    uint24 window;
    /// gas of one step's callback.
    uint24 gasLimit;
    /// bytes of one decision.
    uint24 outputLimit;
    /// wei per gas.
    uint48 maxGasPrice;
    /// wei per gas above the base fee.
    uint48 maxPriorityFee;
    /// gwei per step for its data on a rollup.
    uint32 maxDataFee;
    /// wei per inference.
    uint64 maxFee;
}

/// @notice What an agent is born with.
struct Birth {
    /// How its loop runs.
    Loop loop;
    /// What it may spend.
    Policy policy;
    /// Providers in order of preference, 1 to 8.
    Choice[] providers;
    /// Who may receive ETH from actions, up to 16.
    address[] recipients;
    /// wei of the creation value put into the run balance; the rest is the treasury.
    uint80 runBalance;
    /// Unix seconds of the first step; a past time means now.
    uint40 firstDue;
}
