// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

import {Ranking} from "../libraries/Ranking.sol";
import {Attestation} from "../interfaces/IAttestationBook.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";
import {IInferenceMarket} from "../interfaces/IInferenceMarket.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ILens} from "../interfaces/ILens.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {IScheduler} from "../interfaces/IScheduler.sol";
import {Account} from "../types/Account.sol";
import {Inference, Task} from "../types/Job.sol";
import {JobSlot} from "../types/JobSlot.sol";
import {Offer} from "../types/Offer.sol";
import {Candidate, Criteria, Ranked} from "../types/Selection.sol";

/// @title Lens
contract Lens is ILens {
    /// As many as there can be candidates.
    uint256 private constant MAX_EXCLUDED = 32;
    /// Longest window of a booking, as the engine has it.
    uint256 private constant MAX_WINDOW = 1 days;

    IEverloop private immutable _EVERLOOP;
    IProviderRegistry private immutable _REGISTRY;

    /// @param everloop The engine to look at.
    constructor(address everloop) {
        _EVERLOOP = IEverloop(everloop);
        _REGISTRY = IProviderRegistry(_EVERLOOP.REGISTRY());
    }

    /// @inheritdoc ILens
    function preview(Task[] calldata tasks) external returns (IScheduler.Outcome[] memory outcomes, uint256 earned) {
        try this.simulate(tasks) {}
        catch (bytes memory reason) {
            if (bytes4(reason) != Lens_Previewed.selector) LowLevelCall.bubbleRevert(reason);
            return abi.decode(Bytes.slice(reason, 4), (IScheduler.Outcome[], uint256));
        }
    }

    /// @inheritdoc ILens
    function simulate(Task[] calldata tasks) external {
        uint256 before = _EVERLOOP.balanceOf(address(this));
        IScheduler.Outcome[] memory outcomes = _EVERLOOP.executeBatch(tasks);
        revert Lens_Previewed(outcomes, _EVERLOOP.balanceOf(address(this)) - before);
    }

    /// @inheritdoc ILens
    function EVERLOOP() external view returns (address) {
        return address(_EVERLOOP);
    }

    /// @inheritdoc ILens
    function REGISTRY() external view returns (address) {
        return address(_REGISTRY);
    }

    /// @inheritdoc ILens
    function providerViews(uint256 start, uint256 count) external view returns (ProviderView[] memory views) {
        address[] memory page = _REGISTRY.providers(start, count);
        views = new ProviderView[](page.length);
        for (uint256 i = 0; i < page.length; ++i) {
            views[i] = providerView(page[i]);
        }
    }

    /// @inheritdoc ILens
    function jobViews(bytes32[] calldata ids) external view returns (JobView[] memory views) {
        views = new JobView[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            JobSlot slot = _EVERLOOP.slotOf(ids[i]);
            JobState state = _stateOf(slot);
            views[i] = JobView({
                id: ids[i],
                state: state,
                due: state == JobState.Booked ? slot.due() : 0,
                runs: slot.runs(),
                failures: slot.failures(),
                recordGas: slot.recordGas(),
                resigned: slot.isResigned()
            });
        }
    }

    /// @inheritdoc ILens
    function quote(Inference calldata job) external view returns (uint256 fee, uint256 worst, bytes memory refusal) {
        Offer memory offer = _EVERLOOP.offerOf(job.provider, job.modelId);
        fee = Ranking.feeOf(offer, job.timing.outputLimit());
        Inference memory completed = job;
        // A fee that does not fit a record is refused below.
        completed.pricing = job.pricing.withFee(fee < type(uint64).max ? uint64(fee) : type(uint64).max);
        worst = _EVERLOOP.worstCost(completed);
        refusal = _refusalOfProvider(job, offer, fee);
        if (refusal.length == 0) refusal = _refusalOfLedger(job.owner, worst);
    }

    /// @inheritdoc ILens
    function select(bytes32 modelId, Criteria calldata criteria) external view returns (Ranked[] memory) {
        return _rank(candidates(modelId), criteria, block.timestamp);
    }

    /// @inheritdoc ILens
    function rank(Candidate[] calldata given, Criteria calldata criteria, uint256 time)
        external
        pure
        returns (Ranked[] memory)
    {
        return _rank(given, criteria, time);
    }

    /// @inheritdoc ILens
    function providerView(address provider) public view returns (ProviderView memory v) {
        IProviderRegistry.Provider memory record = _REGISTRY.providerOf(provider);
        Account account = _EVERLOOP.accountOf(provider);
        v.provider = provider;
        (v.owner, v.proposed, v.payout) = _REGISTRY.rolesOf(provider);
        v.bonded = record.bonded;
        v.unbonding = _REGISTRY.unbondingOf(provider);
        v.withdrawable = _REGISTRY.withdrawableOf(provider);
        v.disputes = _REGISTRY.disputesOf(provider);
        v.whitelisted = _REGISTRY.isWhitelisted(provider);
        v.serving = record.serving;
        (v.balance, v.reserved) = (account.balance(), account.reserved());
        (v.capacity, v.open) = (account.capacity(), account.open());
        (v.delivered, v.missed, v.declined) = (account.delivered(), account.missed(), account.declined());
        v.latency = account.latency();
    }

    /// @inheritdoc ILens
    function candidates(bytes32 modelId) public view returns (Candidate[] memory found) {
        address[] memory list = _REGISTRY.candidatesOf(modelId);
        found = new Candidate[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            found[i] = _candidate(list[i], modelId);
        }
    }

    function _candidate(address provider, bytes32 modelId) private view returns (Candidate memory c) {
        Account account = _EVERLOOP.accountOf(provider);
        Attestation memory attestation = _REGISTRY.attestationOf(provider, modelId);
        c.provider = provider;
        c.offer = _EVERLOOP.offerOf(provider, modelId);
        c.bonded = _REGISTRY.providerOf(provider).bonded;
        (c.capacity, c.open) = (account.capacity(), account.open());
        (c.delivered, c.missed, c.declined) = (account.delivered(), account.missed(), account.declined());
        c.latency = account.latency();
        (c.verifier, c.measurement) = (attestation.verifier, attestation.measurement);
        c.attestedUntil = attestation.expiry;
    }

    /// @dev What of {IInferenceMarket-request} the provider decides, in its order.
    function _refusalOfProvider(Inference calldata job, Offer memory offer, uint256 fee)
        private
        view
        returns (bytes memory)
    {
        Account account = _EVERLOOP.accountOf(job.provider);
        if (account.capacity() == 0) {
            return abi.encodeWithSelector(IInferenceMarket.Inference_NotServing.selector, job.provider);
        }
        if (!account.hasRoom()) {
            return abi.encodeWithSelector(
                IInferenceMarket.Inference_NoCapacity.selector, job.provider, account.open(), account.capacity()
            );
        }
        if (offer.minMaxGasPrice == 0) return _offerRefuses("modelId", uint256(job.modelId), 0);
        uint256 window = job.timing.window();
        if (window < offer.minWindow) return _offerRefuses("window", window, offer.minWindow);
        if (window > MAX_WINDOW) {
            return abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("window"), window, MAX_WINDOW);
        }
        uint256 maxGasPrice = job.pricing.maxGasPrice();
        if (maxGasPrice < offer.minMaxGasPrice) {
            return _offerRefuses("maxGasPrice", maxGasPrice, offer.minMaxGasPrice);
        }
        uint256 gasLimit = job.timing.gasLimit();
        if (gasLimit > offer.maxCallbackGas) return _offerRefuses("gasLimit", gasLimit, offer.maxCallbackGas);
        uint256 amount = job.pricing.amount();
        return fee > amount ? _offerRefuses("fee", fee, amount) : bytes("");
    }

    /// @dev What of it the owner's balance decides.
    function _refusalOfLedger(address owner, uint256 worst) private view returns (bytes memory) {
        Account account = _EVERLOOP.accountOf(owner);
        uint256 until = account.isLocked() ? _EVERLOOP.lockedUntil(owner) : 0;
        if (block.timestamp < until) {
            return abi.encodeWithSelector(ILedger.Ledger_StillLocked.selector, owner, until, block.timestamp);
        }
        if (worst <= account.free()) return "";
        return abi.encodeWithSelector(ILedger.Ledger_NotEnoughFree.selector, owner, account.free(), worst);
    }

    function _rank(Candidate[] memory given, Criteria calldata criteria, uint256 time)
        private
        pure
        returns (Ranked[] memory)
    {
        uint256 count = criteria.excluded.length;
        require(count <= MAX_EXCLUDED, Lens_TooManyExcluded(count, MAX_EXCLUDED));
        return Ranking.rank(given, criteria, time);
    }

    function _stateOf(JobSlot slot) private pure returns (JobState) {
        if (slot.commitment() == 0) return JobState.None;
        if (slot.isRunning()) return JobState.Running;
        return slot.due() == 0 ? JobState.Dormant : JobState.Booked;
    }

    function _offerRefuses(bytes32 field, uint256 value, uint256 limit) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IInferenceMarket.Inference_OfferRefuses.selector, field, value, limit);
    }
}
