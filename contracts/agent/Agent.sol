// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentConsult} from "./AgentConsult.sol";
import {AgentMind} from "./AgentMind.sol";
import {AgentPlans} from "./AgentPlans.sol";
import {AgentPolicy} from "./AgentPolicy.sol";
import {AgentSignatures} from "./AgentSignatures.sol";
import {AgentWake} from "./AgentWake.sol";
import {IAgent} from "../interfaces/IAgent.sol";
import {Delivery, IInferenceConsumer, Miss, REJECTED} from "../interfaces/IConsumers.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";
import {JobHash} from "../libraries/JobHash.sol";
import {ManifestTable} from "../libraries/ManifestTable.sol";
import {Inference, PricingLib, TimingLib} from "../types/Job.sol";
import {Birth, Choice, Loop} from "../types/Policy.sol";

/// @title Agent
/// @notice Inherit, add functions with the `action` modifier, say in {prompt} what the agent sees: the rest is here.
abstract contract Agent is AgentPlans, AgentConsult, AgentWake, AgentSignatures {
    uint256 private constant MAX_PROVIDERS = 8;
    /// Of {Memory}.
    uint256 private constant MEMORY_WORDS = 27;
    /// Enough for {onMissed} to book anew, and for a step to be recorded whatever its decision burns.
    uint256 private constant MIN_STEP_GAS = 300_000;
    /// Most bytes that a decision may have: eight actions of 500 bytes; hashing and copying it fits {MIN_STEP_GAS}.
    uint256 private constant MAX_OUTPUT = 4_096;

    /// Where the manifest is kept as code; shared by all clones.
    address private immutable _MANIFEST;

    /// Who puts the agent's memory into words; views stay out of the agent's own code.
    AgentMind private immutable _MIND;

    Choice[] private _choices;

    /// @param everloop The engine.
    /// @param manifest_ Where the manifest is kept as code data.
    constructor(IEverloop everloop, address manifest_) AgentPolicy(everloop) {
        _MANIFEST = manifest_;
        _MIND = new AgentMind();
    }

    /// @inheritdoc IAgent
    function initialize(address owner_, Birth calldata birth, bytes calldata data) external payable {
        // Check: only the factory that is written into the clone's code, which calls once.
        (address factory, bytes32 salt) = _origin();
        require(msg.sender == factory, Agent_NotFactory(msg.sender));

        // Effect: owner, limits, providers, and what the subclass needs.
        _owner = owner_;
        _runTarget = birth.runBalance;
        _setPolicy(birth.policy, birth.recipients);
        _setProviders(birth.providers);
        _initialize(data);

        // Interaction: fund the run balance and book the first step. Two runs' worst cost: one step and its booking, or a
        // missed run and the one that replaces it.
        require(msg.value >= birth.runBalance, Agent_UnderReserve(msg.value, birth.runBalance));
        _EVERLOOP.deposit{value: birth.runBalance}(address(this));
        _begin(birth.loop, birth.providers[0], salt, birth.firstDue);
    }

    /// @inheritdoc IInferenceConsumer
    function onInference(Delivery calldata delivery, bytes calldata decision) external returns (uint256 next) {
        // Check: Everloop speaks, about a job of this agent.
        require(msg.sender == address(_EVERLOOP), Agent_NotEverloop(msg.sender));
        require(delivery.owner == address(this), Agent_NotOwnJob(delivery.owner));

        // Effect: the answer to a question is kept, whatever it says. [AGT-1]
        if (_lookFurther() && _isAnswer(delivery.id)) {
            _keepAnswer(decision);
            return 0;
        }

        // Interaction: the decision, all or nothing; the actions are the agent's own.
        bytes32 decisionHash = keccak256(decision);
        Result result;
        (result, next) = _act(decision);

        // Effect: history, then when to run next.
        _record(delivery, decisionHash, result);
        if (result == Result.Rejected) next = REJECTED;
    }

    /// @inheritdoc IInferenceConsumer
    function onMissed(bytes32 id, Miss reason, Inference calldata job) external {
        require(msg.sender == address(_EVERLOOP), Agent_NotEverloop(msg.sender));
        require(job.owner == address(this), Agent_NotOwnJob(job.owner));
        if (_isQuestion(id)) return _dropQuestion(job, reason);

        // Interaction: the reservation of a missed run lasts until it is settled, so a second one may need fuel.
        Inference memory moved = job;
        moved.pricing = job.pricing.withFee(job.pricing.amount());
        if (_EVERLOOP.freeOf(address(this)) < _EVERLOOP.worstCost(moved)) refuel();
        moved.pricing = job.pricing.withFee(0);

        // Where no run was missed, the last step may just have been: the interval holds, whoever answers.
        bool missed = reason == Miss.Expired || reason == Miss.Declined;
        _bookElsewhere(job, moved, missed ? 0 : uint40(block.timestamp + job.timing.interval()));
    }

    /// @inheritdoc IAgent
    function setProviders(Choice[] calldata choices_) external onlyOwner {
        _setProviders(choices_);
    }

    /// @inheritdoc IAgent
    function stop(Inference calldata job) external onlyOwner {
        _EVERLOOP.cancelInference(job);
    }

    /// @inheritdoc IAgent
    function start(Loop calldata loop, uint256 choice) external onlyOwner {
        _begin(loop, _choice(choice), _loopSalt(), 0);
    }

    /// @inheritdoc IAgent
    function context() external view returns (string memory) {
        // Assembly, since the words of a memory are encoded as they are stored.
        uint256[MEMORY_WORDS] memory words;
        assembly ("memory-safe") {
            for { let i := 0 } lt(i, MEMORY_WORDS) { i := add(i, 1) } {
                mstore(add(words, shl(5, i)), sload(add(_memory.slot, i)))
            }
        }
        return string.concat(_context(), _MIND.tell(words));
    }

    /// @inheritdoc IAgent
    function prompt() external view virtual returns (string memory);

    /// @inheritdoc IAgent
    function manifest() external view returns (string memory) {
        return ManifestTable.text(_MANIFEST);
    }

    /// @inheritdoc IAgent
    function manifestPointer() external view returns (address) {
        return _MANIFEST;
    }

    /// @inheritdoc IAgent
    function choices() external view returns (Choice[] memory) {
        return _choices;
    }

    /// @inheritdoc IAgent
    function loopId() external view returns (bytes32) {
        return _loopId();
    }

    /// @inheritdoc IAgent
    function loopSalt() external view returns (bytes32) {
        return _loopSalt();
    }

    /// @dev What the subclass sets up at birth.
    function _initialize(bytes calldata data) internal virtual;

    /// @dev What the subclass keeps in mind, as text.
    function _context() internal view virtual returns (string memory);

    function _choice(uint256 number) internal view override returns (Choice memory) {
        require(number < _choices.length, Agent_ProviderCount(number, _choices.length));
        return _choices[number];
    }

    function _loopId() private view returns (bytes32) {
        return JobHash.inferenceIdAt(address(_EVERLOOP), address(this), _loopSalt());
    }

    /// @dev Whether a delivery answers a question. One that does not must be the loop's: whoever brings an inference that an
    /// approved digest signed is not let in.
    function _isAnswer(bytes32 id) private view returns (bool) {
        if (!_holds(CONSULTING | APPROVED)) return false;
        if (_isQuestion(id)) return true;
        require(id == _loopId(), Agent_NotLoop(id));
        return false;
    }

    function _setProviders(Choice[] calldata choices_) private {
        require(
            choices_.length != 0 && choices_.length <= MAX_PROVIDERS,
            Agent_ProviderCount(choices_.length, MAX_PROVIDERS)
        );
        delete _choices;
        for (uint256 i = 0; i < choices_.length; ++i) {
            _choices.push(choices_[i]);
        }
        emit ProvidersChanged(choices_);
    }

    /// @dev Book with the first other provider of the list that serves and accepts, going round; revert if there is none.
    function _bookElsewhere(Inference calldata job, Inference memory moved, uint40 due) private {
        address current = job.provider;
        uint256 count = _choices.length;
        uint256 position = 0;
        while (position < count && _choices[position].provider != current) ++position;
        for (uint256 i = 1; i <= count; ++i) {
            Choice memory choice = _choices[(position + i) % count];
            if (choice.provider == current || !_EVERLOOP.accountOf(choice.provider).hasRoom()) continue;
            (moved.provider, moved.modelId) = (choice.provider, choice.modelId);
            (bool ok,) = _rebook(job, moved, due);
            if (ok) {
                emit ProviderSwitched(current, choice.provider);
                return;
            }
        }
        revert Agent_NoOtherProvider(current);
    }

    /// @dev Book the loop.
    function _begin(Loop calldata loop, Choice memory choice, bytes32 salt, uint40 due) private {
        _checkLoop(loop);
        _request(_loopJob(loop, choice, salt), "", due);
        _checkRunBalance(loop);
    }

    function _checkLoop(Loop calldata loop) private pure {
        require(loop.gasLimit >= MIN_STEP_GAS, Agent_BadLoop("gasLimit", loop.gasLimit, MIN_STEP_GAS));
        require(loop.outputLimit <= MAX_OUTPUT, Agent_BadLoop("outputLimit", loop.outputLimit, MAX_OUTPUT));
        require(loop.interval != 0, Agent_BadLoop("interval", 0, 1));
    }

    /// @dev The balance that {refuel} fills up to pays the loop's worst run twice, whichever provider answers it.
    function _checkRunBalance(Loop calldata loop) private view {
        uint256 required = 2 * (uint256(_EVERLOOP.accountOf(address(this)).reserved()) + loop.maxFee);
        require(_runTarget >= required, Agent_BadLoop("runBalance", _runTarget, required));
    }

    function _loopJob(Loop calldata loop, Choice memory choice, bytes32 salt) private view returns (Inference memory) {
        return Inference({
            owner: address(this),
            target: address(this),
            provider: choice.provider,
            modelId: choice.modelId,
            input: 0,
            timing: TimingLib.pack(loop.interval, loop.heartbeat, loop.window, loop.gasLimit, loop.outputLimit, 0),
            pricing: PricingLib.pack(loop.maxGasPrice, loop.maxPriorityFee, loop.maxDataFee, loop.maxFee),
            salt: salt
        });
    }
}
