// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Agent} from "./Agent.sol";
import {MemoryText} from "./MemoryText.sol";

/// @title AgentMemory
/// @notice An agent with something to tell in its context: what {Notebook}, {Planner} and {Consulter} have in common.
abstract contract AgentMemory is Agent {
    /// Who puts memory into words; words stay out of the agent's own code.
    MemoryText internal immutable _TEXT = new MemoryText();
}
