// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OrderDigest} from "./OrderDigest.sol";
import {OwnerHandler} from "./OwnerHandler.sol";
import {vm} from "../Vm.sol";
import {IEverloop} from "../../../contracts/interfaces/IEverloop.sol";
import {IInferenceMarket} from "../../../contracts/interfaces/IInferenceMarket.sol";
import {IOfferBook} from "../../../contracts/interfaces/IOfferBook.sol";
import {ICandidateBook} from "../../../contracts/interfaces/ICandidateBook.sol";
import {IProviderRegistry} from "../../../contracts/interfaces/IProviderRegistry.sol";
import {IStakeBook} from "../../../contracts/interfaces/IStakeBook.sol";
import {IScheduler} from "../../../contracts/interfaces/IScheduler.sol";
import {ISignedOrders} from "../../../contracts/interfaces/ISignedOrders.sol";
import {HandlerState} from "./HandlerState.sol";
import {Inference, Task, TimingLib} from "../../../contracts/types/Job.sol";
import {Offer} from "../../../contracts/types/Offer.sol";
import {Pin, PinLib} from "../../../contracts/types/Run.sol";

/// @notice Moves the engine at random, as many actors would, and keeps account beside it.
/// @dev Every call either does something or returns; it reverts only if the engine does what it should not.
contract Handler is OwnerHandler {
    /// What answers and declines for providers besides themselves.
    address private constant KEY = address(0x4e7);

    constructor(IEverloop everloop, address[] memory providers_, address keeper)
        HandlerState(everloop, providers_, keeper)
    {}

    // The chain

    function pass(uint256 seconds_) external {
        vm.warp(vm.getBlockTimestamp() + 1 + seconds_ % 700);
        vm.roll(vm.getBlockNumber() + 1);
    }

    function setBaseFee(uint256 price) external {
        price %= 5 gwei;
        vm.fee(price);
        vm.txGasPrice(price + 1 gwei);
    }

    function forceEther(uint256 amount) external {
        vm.deal(address(_EVERLOOP), address(_EVERLOOP).balance + amount % 1 ether);
    }

    // Keepers

    function execute(uint256 index) external {
        index = JOBS + index % (COUNT - JOBS);
        _try("execute", _KEEPER, address(_EVERLOOP), abi.encodeCall(IScheduler.execute, (taskOf(index))));
    }

    function executeBatch(uint256 first) external {
        uint256 count = COUNT - JOBS;
        Task[] memory tasks = new Task[](count);
        for (uint256 i = 0; i < count; ++i) {
            tasks[i] = taskOf(JOBS + (first % count + i) % count);
        }
        bytes memory data = abi.encodeCall(IScheduler.executeBatch, (tasks));
        require(_try("executeBatch", _KEEPER, address(_EVERLOOP), data), "nobody stops a batch");
    }

    function expire(uint256 index) external {
        bytes memory data = abi.encodeCall(IInferenceMarket.expire, (inferenceOf(index % JOBS)));
        _try("expire", _KEEPER, address(_EVERLOOP), data);
    }

    function resume(uint256 index) external {
        bytes memory data = abi.encodeCall(IInferenceMarket.resume, (inferenceOf(index % JOBS)));
        _try("resume", _KEEPER, address(_EVERLOOP), data);
    }

    function repost(uint256 index) external {
        index %= COUNT;
        bytes memory data = index < JOBS
            ? abi.encodeCall(IInferenceMarket.repostInference, (inferenceOf(index)))
            : abi.encodeCall(IScheduler.repost, (taskOf(index)));
        bool ok = _try(index < JOBS ? "repostInference" : "repost", _KEEPER, address(_EVERLOOP), data);
        require(ok == (slotOf(index).commitment() != 0), "what is booked can be told again");
    }

    // Providers

    function deliver(uint256 index, bytes calldata decision) external {
        IInferenceMarket.Answer memory answer = _answer(index % JOBS, decision);
        bytes memory data = abi.encodeCall(IInferenceMarket.deliver, (answer.job, answer.pin, answer.decision));
        _try("deliver", _voice(answer.job.provider, index), address(_EVERLOOP), data);
    }

    /// @dev All that one provider has, in order; sometimes also what is not its own.
    function deliverBatch(uint256 who, bytes calldata decision) external {
        address provider = _provider(who);
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](JOBS);
        uint256 count = 0;
        for (uint256 i = 0; i < JOBS; ++i) {
            IInferenceMarket.Answer memory answer = _answer(i, decision);
            if (answer.job.provider != provider && who % 5 != 0) continue;
            uint256 at = count++;
            for (; at > 0 && answers[at - 1].job.owner > answer.job.owner; --at) {
                answers[at] = answers[at - 1];
            }
            answers[at] = answer;
        }
        assembly ("memory-safe") {
            mstore(answers, count)
        }
        bytes memory data = abi.encodeCall(IInferenceMarket.deliverBatch, (answers));
        require(_try("deliverBatch", _voice(provider, who), address(_EVERLOOP), data), "nobody stops a batch");
    }

    function deliverSigned(uint256 seed, uint256 nonce, bytes calldata decision) external {
        uint256 who = seed % 2;
        Inference memory job = _draftInference(0, seed);
        (job.owner, job.target) = (_signers[who], address(_stage));
        job.timing = TimingLib.pack(0, 0, 0, seed % 3 == 0 ? 0 : 1_000_000, 64, 0);
        nonce %= 64;
        uint40 deadline = uint40(vm.getBlockTimestamp() + 1);
        bool used = _ORDERS.isNonceUsed(job.owner, nonce);
        bytes memory data = abi.encodeCall(
            ISignedOrders.deliverSigned,
            (
                job,
                "",
                nonce,
                deadline,
                _signature(who, OrderDigest.ofAsk(job, nonce, deadline)),
                _pin(0),
                _short(decision)
            )
        );
        bool ok = _try("deliverSigned", _voice(job.provider, seed), address(_ORDERS), data);
        require(!ok || !used, "a nonce counts once");
    }

    function decline(uint256 index) external {
        Inference memory job = inferenceOf(index % JOBS);
        bytes memory data = abi.encodeCall(IInferenceMarket.decline, (job, slotOf(index % JOBS).runs()));
        _try("decline", _voice(job.provider, index), address(_EVERLOOP), data);
    }

    function resign(uint256 index) external {
        Inference memory job = inferenceOf(index % JOBS);
        uint32 run = slotOf(index % JOBS).runs();
        bytes memory data = abi.encodeCall(IInferenceMarket.resign, (job));
        if (_try("resign", _voice(job.provider, index), address(_EVERLOOP), data)) _end(idOf(index % JOBS), run);
    }

    function authorise(uint256 who, bool authorised) external {
        bytes memory data = abi.encodeCall(IOfferBook.authorise, (KEY, authorised));
        require(_try("authorise", _provider(who), address(_EVERLOOP), data));
    }

    function offer(uint256 who, uint256 price) external {
        Offer memory terms =
            Offer(uint64(price % 0.0015 ether), uint56(price % 0.001 ether), 1 gwei, 5, 20, 3_000_000, 0);
        bytes memory data = abi.encodeCall(ICandidateBook.offer, ("probe@1", terms));
        require(_try("offer", _provider(who), address(_REGISTRY), data));
    }

    function serve(uint256 who, bool serving) external {
        _try("serve", _provider(who), address(_REGISTRY), abi.encodeCall(IProviderRegistry.serve, (serving)));
    }

    function list(uint256 who, bool listed) external {
        bytes memory data = listed
            ? abi.encodeCall(IProviderRegistry.whitelist, (_provider(who)))
            : abi.encodeCall(IProviderRegistry.delist, (_provider(who)));
        _try(listed ? "whitelist" : "delist", _REGISTRY.governor(), address(_REGISTRY), data);
    }

    function stake(uint256 who, uint256 amount) external {
        amount %= 0.05 ether;
        vm.deal(address(this), amount);
        _REGISTRY.stake{value: amount}(_provider(who));
        ++done["stake"];
    }

    function unbond(uint256 who, uint256 amount) external {
        address owner = _REGISTRY.providerOf(_provider(who)).owner;
        bytes memory data = abi.encodeCall(IStakeBook.unbond, (_provider(who), uint96(amount % 0.1 ether)));
        _try("unbond", owner, address(_REGISTRY), data);
    }

    function takeStake(uint256 who) external {
        address owner = _REGISTRY.providerOf(_provider(who)).owner;
        bytes memory data = abi.encodeCall(IStakeBook.withdraw, (_provider(who)));
        _try("takeStake", owner, address(_REGISTRY), data);
    }

    /// @dev The provider itself or, for two of three, the key that may be one of its.
    function _voice(address provider, uint256 seed) private pure returns (address) {
        return seed % 3 == 0 ? provider : KEY;
    }

    function _answer(uint256 index, bytes calldata decision) private returns (IInferenceMarket.Answer memory) {
        return IInferenceMarket.Answer(inferenceOf(index), _pin(slotOf(index).runs()), _short(decision));
    }

    /// @dev At most one byte more than the output limit.
    function _short(bytes calldata decision) private pure returns (bytes memory) {
        return decision.length > 65 ? decision[:65] : decision;
    }

    function _pin(uint32 run) private returns (Pin) {
        uint64 number = uint64(vm.getBlockNumber() - 1);
        vm.setBlockhash(number, bytes32(uint256(1)));
        return PinLib.pack(run, number, bytes32(uint256(1)));
    }
}
