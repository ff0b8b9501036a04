// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Birth} from "../types/Policy.sol";

/// @notice Makes agents: cheap deterministic clones, funded and booked in one transaction.
/// @dev Notes: being listed here proves where an agent comes from, not that it is safe.
interface IAgentFactory {
    /// @notice Emitted when an agent is made.
    event AgentCreated(address indexed agent, address indexed creator, address indexed implementation, bytes32 salt);

    error Factory_NotAContract(address implementation);

    /// @notice Make, fund and start an agent; the caller becomes its owner.
    /// @dev Emits {AgentCreated}.
    ///
    /// Requirements:
    /// - `implementation` is a contract
    /// - the caller has not used `salt` with it before
    /// - what {IAgent-initialize} asks for
    ///
    /// @param implementation The agent contract to clone.
    /// @param salt Caller's number for the agent; the address depends on it and the caller.
    /// @param birth Loop, policy, providers, recipients, funds.
    /// @param data For the subclass.
    /// @return agent
    function create(address implementation, bytes32 salt, Birth calldata birth, bytes calldata data)
        external
        payable
        returns (address agent);

    /// @notice Where {create} will put an agent.
    function addressOf(address implementation, bytes32 salt, address creator) external view returns (address);

    /// @notice How many agents were made here.
    function agentCount() external view returns (uint256);

    /// @notice Agents in order of creation, from `start`, at most `count`.
    function agents(uint256 start, uint256 count) external view returns (address[] memory);
}
