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

/// @notice ETH spent so far against a policy's budget.
/// @dev Two adjoining epochs of one window each count together, so no window of that length, wherever it begins, sees
/// more than the budget.
struct Spending {
    /// wei spent in the current epoch.
    uint80 current;
    /// wei spent in the epoch before.
    uint80 previous;
    /// Number of the current epoch: time / window.
    uint40 epoch;
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
