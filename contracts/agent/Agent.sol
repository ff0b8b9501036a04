// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentPolicy} from "./AgentPolicy.sol";
import {AgentSignatures} from "./AgentSignatures.sol";
import {IAgent} from "../interfaces/IAgent.sol";
import {Delivery, IInferenceConsumer, Miss} from "../interfaces/IConsumers.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";
import {IInferenceMarket} from "../interfaces/IInferenceMarket.sol";
import {JobHash} from "../libraries/JobHash.sol";
import {ManifestTable} from "../libraries/ManifestTable.sol";
import {Inference, PricingLib, TimingLib} from "../types/Job.sol";
import {Birth, Choice, Loop} from "../types/Policy.sol";

/// @title Agent
/// @notice Inherit, add functions with the `action` modifier, say in {prompt} what the agent sees: the rest is here.
/// @dev Abilities come by inheritance, each with its own actions: {Notebook}, {Planner}, {Consulter}, {Wakeable}; {FullAgent}
/// has them all. Who inherits one of them writes nothing else. Who inherits several, in any order, passes the hooks that they
/// have on with `super`, as {FullAgent} does; the compiler names those that are missing. Hooks: {_recollections} ({Notebook},
/// {Planner}, {Consulter}), {supportsInterface} ({Planner}), {_onOther} and {_onOtherMissed} ({Consulter}).
abstract contract Agent is AgentSignatures {
    uint256 private constant MAX_PROVIDERS = 8;
    /// Enough for {onMissed} to book anew, and for a step to be recorded whatever its decision burns.
    uint256 private constant MIN_STEP_GAS = 300_000;
    /// Most bytes that a decision may have: eight actions of 500 bytes; hashing and copying it fits {MIN_STEP_GAS}.
    uint256 private constant MAX_OUTPUT = 4_096;

    /// Where the manifest is kept as code; shared by all clones.
    address private immutable _MANIFEST;

    Choice[MAX_PROVIDERS] private _choices;

    /// @param everloop The engine.
    /// @param manifest_ Where the manifest is kept as code data.
    constructor(IEverloop everloop, address manifest_) AgentPolicy(everloop) {
        _MANIFEST = manifest_;
    }

    /// @inheritdoc IAgent
    function initialize(address owner_, Birth calldata birth, bytes calldata data) external payable {
        // Check: only the factory that is written into the clone's code, which calls once.
        (address factory, bytes32 salt) = _origin();
        require(msg.sender == factory, Agent_NotFactory(msg.sender));

        // Effect: owner, limits, providers, and what the subclass needs.
        _setOwner(owner_);
        _runTarget = birth.runBalance;
        _setPolicy(birth.policy, birth.recipients);
        _setProviders(birth.providers);
        _initialize(data);

        // Interaction: fund the run balance and book the first step. Two runs' worst cost: one step and its booking, or a
        // missed run and the one that replaces it.
        require(msg.value >= birth.runBalance, Agent_UnderReserve(msg.value, birth.runBalance));
        _EVERLOOP.deposit{value: birth.runBalance}(address(this));
        _book(birth.loop, birth.providers[0], salt, birth.firstDue);
    }

    /// @inheritdoc IInferenceConsumer
    function onInference(Delivery calldata delivery, bytes calldata decision) external returns (uint256 next) {
        // Check: Everloop speaks, about a job of this agent.
        if (msg.sender != address(_EVERLOOP)) revert Agent_NotEverloop(msg.sender);
        if (delivery.owner != address(this)) revert Agent_NotOwnJob(delivery.owner);

        // Check: about the loop, where the agent may have another inference.
        uint256 history = _history;
        if (history & LOOK_FURTHER != 0 && delivery.id != _loopId()) {
            require(_onOther(delivery, decision), Agent_NotLoop(delivery.id));
            return 0;
        }

        // Interaction: the decision, all or nothing; the actions are the agent's own.
        bytes32 decisionHash = JobHash.ofBytes(decision);
        Result result;
        (result, next, history) = _act(decision, history);

        // Effect: history.
        _record(history, delivery, decisionHash, result);
    }

    /// @inheritdoc IInferenceConsumer
    function onMissed(bytes32 id, Miss reason, Inference calldata job) external {
        require(msg.sender == address(_EVERLOOP), Agent_NotEverloop(msg.sender));
        require(job.owner == address(this), Agent_NotOwnJob(job.owner));
        if (id != _loopId()) {
            require(_onOtherMissed(id, reason, job), Agent_NotLoop(id));
            return;
        }

        // Interaction: the reservation of a missed run lasts until it is settled, so a second one may need fuel.
        Inference memory moved = job;
        moved.pricing = job.pricing.withFee(job.pricing.amount());
        if (_free() < _EVERLOOP.worstCost(moved)) refuel();
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
        _requireLoop(job);
        _EVERLOOP.cancelInference(job);
    }

    /// @inheritdoc IAgent
    function start(Loop calldata loop, uint256 choice) external onlyOwner {
        _book(loop, _choice(choice), _loopSalt(), uint40(block.timestamp));
    }

    /// @inheritdoc IAgent
    function context() external view returns (string memory) {
        return string.concat(_context(), _recollections());
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
    function choices() external view returns (Choice[] memory list) {
        list = new Choice[](_choiceCount);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = _choices[i];
        }
    }

    /// @inheritdoc IAgent
    function loopId() external view returns (bytes32) {
        return _loopId();
    }

    /// @inheritdoc IAgent
    function loopSalt() external view returns (bytes32) {
        return _loopSalt();
    }

    /// @dev What the subclass sets up at birth. The balance is then still the whole of what came, run balance included.
    function _initialize(bytes calldata data) internal virtual;

    /// @dev What the subclass keeps in mind, as text.
    function _context() internal view virtual returns (string memory);

    /// @dev Hook: what the abilities add to the context, each line begun by its line break.
    function _recollections() internal view virtual returns (string memory) {}

    /// @dev Hook: a delivery of another inference than the loop's, asked while any reason of {AgentHistory} holds: one that was
    /// booked with {_ask}, or that an approved digest signed. What nobody takes is refused.
    function _onOther(Delivery calldata delivery, bytes calldata output) internal virtual returns (bool taken) {}

    /// @dev Hook: another inference than the loop's was missed.
    function _onOtherMissed(bytes32 id, Miss reason, Inference calldata job) internal virtual returns (bool taken) {}

    /// @dev A provider of the list, or a revert.
    function _choice(uint256 number) internal view returns (Choice memory) {
        require(number < _choiceCount, Agent_ProviderCount(number, _choiceCount));
        return _choices[number];
    }

    /// @dev The salt of the loop: the one the clone was made with.
    function _loopSalt() internal view returns (bytes32 salt) {
        (, salt) = _origin();
    }

    function _loopId() internal view returns (bytes32) {
        return _idOf(_loopSalt());
    }

    /// @dev The id of this agent's inference with a salt.
    function _idOf(bytes32 salt) internal view returns (bytes32) {
        return JobHash.inferenceIdAt(address(_EVERLOOP), address(this), salt);
    }

    function _requireLoop(Inference calldata job) internal view returns (bytes32 id) {
        id = JobHash.inferenceIdAt(address(_EVERLOOP), job.owner, job.salt);
        require(id == _loopId(), Agent_NotLoop(id));
    }

    /// @dev Book an inference besides the loop, at once; its answer comes to {_onOther}.
    /// @param reason Of {AgentHistory}: {CONSULTING}, or {ASKING} for a subclass; who sets it ends it when no answer can come.
    function _ask(Inference memory job, bytes memory input, uint8 reason) internal {
        _setReason(reason, true);
        _request(job, input, 0);
    }

    /// @dev Put another record of the loop in place of the one booked; the caller decides what a refusal means.
    function _rebook(Inference calldata job, Inference memory moved, uint40 due)
        internal
        returns (bool ok, bytes memory reason)
    {
        return address(_EVERLOOP).call(abi.encodeCall(IInferenceMarket.updateInference, (job, moved, "", due)));
    }

    function _setProviders(Choice[] calldata choices_) private {
        require(
            choices_.length != 0 && choices_.length <= MAX_PROVIDERS,
            Agent_ProviderCount(choices_.length, MAX_PROVIDERS)
        );
        _choiceCount = uint8(choices_.length);
        for (uint256 i = 0; i < choices_.length; ++i) {
            _choices[i] = choices_[i];
        }
        emit ProvidersChanged(choices_);
    }

    /// @dev Book with the first other provider of the list that serves and accepts, going round; revert if there is none.
    function _bookElsewhere(Inference calldata job, Inference memory moved, uint40 due) private {
        address current = job.provider;
        uint256 count = _choiceCount;
        uint256 position = 0;
        while (position < count && _choices[position].provider != current) ++position;
        // One that is listed no more comes before the first.
        if (position == count) position = count - 1;
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

    /// @dev One place that books inferences, since encoding them takes code.
    function _request(Inference memory job, bytes memory input, uint40 due) private {
        _EVERLOOP.request(job, input, due);
    }

    /// @dev Book the loop. The balance that {refuel} fills up to pays its worst run twice, whichever provider answers it.
    function _book(Loop memory loop, Choice memory choice, bytes32 salt, uint40 due) private {
        require(loop.gasLimit >= MIN_STEP_GAS, Agent_BadLoop("gasLimit", loop.gasLimit, MIN_STEP_GAS));
        require(loop.outputLimit <= MAX_OUTPUT, Agent_BadLoop("outputLimit", loop.outputLimit, MAX_OUTPUT));
        require(loop.interval != 0, Agent_BadLoop("interval", 0, 1));
        Inference memory job = Inference({
            owner: address(this),
            target: address(this),
            provider: choice.provider,
            modelId: choice.modelId,
            input: 0,
            timing: TimingLib.pack(loop.interval, loop.heartbeat, loop.window, loop.gasLimit, loop.outputLimit, 0),
            pricing: PricingLib.pack(loop.maxGasPrice, loop.maxPriorityFee, loop.maxDataFee, loop.maxFee),
            salt: salt
        });
        uint256 free = _free();
        _request(job, "", due);
        uint256 required = 2 * (free - _free() + loop.maxFee);
        require(_runTarget >= required, Agent_BadLoop("runBalance", _runTarget, required));
    }
}
