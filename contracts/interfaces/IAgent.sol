// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";

import {IAgentPolicy} from "./IAgentPolicy.sol";
import {IAgentTreasury} from "./IAgentTreasury.sol";
import {IInferenceConsumer} from "./IConsumers.sol";
import {Inference} from "../types/Job.sol";
import {Birth, Choice, Loop} from "../types/Policy.sol";
import {StepReport} from "../types/Step.sol";

/// @notice An autonomous on-chain agent: state s = (c, h, b), decision engine, actions and transition in one contract.
/// @dev Notes: [AGT-1] the history head re-derives from {Stepped} events alone. [AGT-2] for every byte string
/// delivered, the step itself succeeds, records, and the loop goes on, unless the decision is `stopLoop()`. [AGT-3] ETH
/// leaving through actions and top-ups, and listed tokens leaving through `transferToken`, stay within the budget of any
/// window and go only to listed recipients and targets, whatever a model answers; what questions and plans may cost is topped
/// up when they are made, and goes to the adviser or keeper that serves them.
/// An ERC-1271 signature is good where an action of the subclass has approved the digest, whatever bytes come with it.
interface IAgent is IInferenceConsumer, IAgentPolicy, IAgentTreasury, IERC165, IERC1271 {
    /// @notice What became of a decision.
    enum Result {
        /// Every action was done.
        Acted,
        /// An action failed, so none was done.
        Failed,
        /// The answer named no action.
        Rejected,
        /// The owner had paused the agent, so nothing was done.
        Paused
    }

    /// @notice Emitted once per step with everything that enters the history head.
    event Stepped(bytes32 indexed id, StepReport report, bytes32 pinnedHash, bytes32 decisionHash);

    /// @notice Emitted when the list of providers changes.
    event ProvidersChanged(Choice[] providers);

    /// @notice Emitted when a missed run moves the agent to another provider.
    event ProviderSwitched(address indexed from, address indexed to);

    /// @notice Emitted when an action approves a digest.
    event DigestApproved(bytes32 indexed digest);

    /// @notice Emitted when the owner takes an approval back.
    event DigestRevoked(bytes32 indexed digest);

    error Agent_NotFactory(address caller);
    error Agent_NotEverloop(address caller);
    error Agent_NotOwnJob(address owner);
    /// @notice Actions are entered only by the agent itself, while it acts upon a decision.
    error Agent_NotActing(address caller);
    /// @notice Only a step has a say in when the loop runs next.
    error Agent_NotAStep();
    /// @notice The job is not the agent's loop.
    error Agent_NotLoop(bytes32 id);
    error Agent_BatchSize(uint256 size, uint256 limit);
    error Agent_NotAnAction(bytes4 selector);
    error Agent_ProviderCount(uint256 count, uint256 limit);
    error Agent_NoOtherProvider(address current);
    /// @notice What an action takes is too long, or too short to be anything.
    error Agent_TextLength(uint256 length, uint256 limit);
    error Agent_BadLoop(string field, uint256 value, uint256 limit);

    /// @notice Bring a clone to life: called once, by its factory, in the transaction that makes it.
    /// @dev Requirements:
    /// - the caller is the factory named in the clone's code
    /// - at least 300,000 gas and at most 4,096 bytes a step, interval above 0
    /// - a budget window above 0, at most 16 recipients, 1 to 8 providers
    /// - the value covers `runBalance`, and that covers the worst cost of two runs
    /// - what {IInferenceMarket-request} asks for
    ///
    /// @param owner Who may withdraw and change providers.
    /// @param birth Loop, policy, providers, recipients, funds.
    /// @param data For the subclass.
    function initialize(address owner, Birth calldata birth, bytes calldata data) external payable;

    /// @notice Replace the list of providers; used at the next miss or start.
    /// @dev Emits {ProvidersChanged}.
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is not acting; 1 to 8 entries
    function setProviders(Choice[] calldata choices) external;

    /// @notice Take back the approval of a digest, so that the agent has not signed it (ERC-1271).
    /// @dev Emits {DigestRevoked}.
    ///
    /// Notes:
    /// - what has been done with the signature stays done
    /// - while the agent is paused none of its signatures is valid
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is not acting
    function revokeDigest(bytes32 digest) external;

    /// @notice End the loop.
    /// @dev Requirements:
    /// - the caller is the owner; the agent is not acting; the record is the loop's; the window is not open
    ///
    /// @param job The loop's record.
    function stop(Inference calldata job) external;

    /// @notice Begin the loop again after it ended.
    /// @dev Requirements:
    /// - the caller is the owner; the agent is not acting; the loop is not booked; its rules are those at birth
    ///
    /// @param loop How it runs from now on.
    /// @param choice Which provider of the list answers first.
    function start(Loop calldata loop, uint256 choice) external;

    /// @notice Act upon several decisions at once, all or nothing; the last wake counts.
    /// @dev Requirements:
    /// - called by the agent itself while it acts; 2 to 8 items, each one action
    function batch(bytes[] calldata actions) external;

    /// @notice What the agent keeps in mind, as text: its own settings, then a line per page of the notebook, open plan and
    /// answer where it has those abilities.
    /// @dev Notes:
    /// - text of others stands in quotes, escaped as in JSON; it may be no valid UTF-8
    function context() external view returns (string memory);

    /// @notice What the model is told at this block: the agent's observation of itself and of the chain.
    function prompt() external view returns (string memory);

    /// @notice Name, instructions, actions with types and worked examples, as JSON.
    function manifest() external view returns (string memory);

    /// @notice Where the manifest is kept as code: a STOP, the number of actions (1 byte), for each its selector (4) and the least
    /// wei that it moves (12), then the JSON.
    function manifestPointer() external view returns (address);

    /// @notice Hash chain over all steps; the first 28 bytes of a keccak256.
    function historyHead() external view returns (bytes28);

    /// @notice How many decisions have been applied.
    function steps() external view returns (uint32);

    /// @notice Providers in order of preference.
    function choices() external view returns (Choice[] memory);

    /// @notice The id of the loop's inference.
    function loopId() external view returns (bytes32);

    /// @notice The salt of the loop's inference: the one the clone was made with.
    function loopSalt() external view returns (bytes32);
}
