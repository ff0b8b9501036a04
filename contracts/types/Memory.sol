// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What an agent keeps of an action that it takes later; the action itself stands in the task.
struct Plan {
    /// Unix seconds; 0 = no such plan.
    uint40 due;
    /// Of the action.
    bytes4 selector;
}

/// @notice Whom an agent has asked a question.
struct Asked {
    /// The provider.
    address adviser;
    /// Unix seconds; 0 = nobody.
    uint40 time;
}

/// @notice What an agent keeps in mind besides the subclass's own state.
/// @dev One word each, so that it is read as it is stored.
struct Mind {
    /// Where each page of the notebook is kept; 0 = nothing stands there.
    address[16] pages;
    /// `due 40 | selector 32`, low bits first, of each plan; 0 = no such plan.
    uint256[8] plans;
    /// The provider that is asked, 0 = nobody.
    address adviser;
    /// Unix seconds since when.
    uint256 askedAt;
    /// Where the last answer is kept, behind its provider (20 bytes) and when it was asked for (5); 0 = none.
    address answer;
}
