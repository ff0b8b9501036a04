// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputeBase} from "./DisputeBase.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {ILens} from "../../contracts/interfaces/ILens.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Account} from "../../contracts/types/Account.sol";
import {Inference, PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";
import {Offer} from "../../contracts/types/Offer.sol";

/// @notice Looking without touching.
contract LensTest is DisputeBase {
    ILens private _lens;
    Puppet private _target;

    function setUp() public override {
        super.setUp();
        _lens = ILens(_create("Lens.sol:Lens", abi.encode(address(everloop))));
        _target = new Puppet();
    }

    function test_ALensNamesWhatItLooksAt() external view {
        assertEq(_lens.EVERLOOP(), address(everloop));
        assertEq(_lens.REGISTRY(), address(registry));
    }

    function test_AProviderIsSeenWhole() external {
        Inference memory job = _request(_inference(address(_target)), 0);
        skip(3);
        _deliver(job, "a");
        vm.startPrank(staker);
        registry.proposeOwner(provider, keeper);
        registry.setPayout(provider, alice);
        registry.unbond(provider, 0.1 ether);
        vm.stopPrank();
        _open(slasher, provider);
        ILens.ProviderView memory seen = _lens.providerView(provider);
        Account account = everloop.accountOf(provider);
        assertEq(seen.provider, provider);
        assertEq(seen.owner, staker);
        assertEq(seen.proposed, keeper);
        assertEq(seen.payout, alice);
        assertEq(seen.bonded, STAKE - 0.1 ether);
        assertEq(seen.unbonding.first, 0.1 ether);
        assertEq(seen.withdrawable, 0);
        assertEq(seen.disputes, 1);
        assertTrue(seen.whitelisted);
        assertTrue(seen.serving);
        assertEq(seen.balance, account.balance());
        assertGt(seen.balance, 0);
        assertEq(seen.reserved, 0);
        assertEq(seen.capacity, (STAKE - 0.1 ether) / PENALTY - 1);
        assertEq(seen.open, 1);
        assertEq(seen.delivered, 1);
        assertEq(seen.missed, 0);
        assertEq(seen.declined, 0);
        assertEq(seen.latency, account.latency());
        skip(UNBOND_DELAY);
        assertEq(_lens.providerView(provider).withdrawable, 0.1 ether);
        assertGt(_lens.providerView(alice).reserved, 0);
        assertEq(_lens.providerView(alice).owner, address(0));
    }

    function testFuzz_ProvidersAreSeenInPages(uint256 start, uint256 count) external view {
        (start, count) = (bound(start, 0, 4), bound(count, 0, 4));
        ILens.ProviderView[] memory page = _lens.providerViews(start, count);
        address[] memory expected = registry.providers(start, count);
        assertEq(page.length, expected.length);
        for (uint256 i = 0; i < page.length; ++i) {
            assertEq(abi.encode(page[i]), abi.encode(_lens.providerView(expected[i])));
        }
    }

    function test_JobsAreSeenInEveryState() external {
        Inference memory job = _inference(address(_target));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 2_000_000, 1_024, 0);
        job = _request(job, _now() + 50);
        bytes32[] memory ids = new bytes32[](2);
        (ids[0], ids[1]) = (_inferenceId(job), keccak256("nobody's"));
        ILens.JobView[] memory seen = _lens.jobViews(ids);
        assertEq(seen[0].id, ids[0]);
        assertEq(uint8(seen[0].state), uint8(ILens.JobState.Booked));
        assertEq(seen[0].due, _now() + 50);
        assertEq(seen[0].recordGas, _slot(job).recordGas());
        assertEq(uint8(seen[1].state), uint8(ILens.JobState.None));
        skip(50);
        // Inside its run the target looks at its own job.
        _target.addStep(address(_lens), abi.encodeCall(ILens.jobViews, (ids)));
        _target.setEnd(Puppet.Mode.Revert, 0);
        _deliver(job, "a");
        _target.setEnd(Puppet.Mode.Word, 0);
        skip(_slot(job).due() - _now());
        _deliver(job, "b");
        ILens.JobView[] memory inside = abi.decode(_target.answerOf(0), (ILens.JobView[]));
        assertEq(uint8(inside[0].state), uint8(ILens.JobState.Running));
        assertEq(inside[0].due, 0);
        assertEq(inside[0].runs, 2);
        vm.prank(provider, provider);
        everloop.resign(job);
        seen = _lens.jobViews(ids);
        assertEq(uint8(seen[0].state), uint8(ILens.JobState.Dormant));
        assertTrue(seen[0].resigned);
        assertEq(seen[0].due, 0);
        assertEq(seen[0].runs, 3);
    }

    function test_FailuresOfAJobAreSeen() external {
        _target.setEnd(Puppet.Mode.Revert, 0);
        Task memory task = _schedule(_task(address(_target)), 0);
        _execute(task);
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = _taskId(task);
        ILens.JobView memory seen = _lens.jobViews(ids)[0];
        assertEq(seen.failures, 1);
        assertEq(seen.runs, 1);
        assertEq(seen.due, _now() + 2 * HEARTBEAT);
    }

    /// @dev Every outcome, and what would be earned; nothing of it stays.
    function test_PreviewIsWhatExecutingDoes() external {
        _freeGas();
        Puppet failing = new Puppet();
        failing.setEnd(Puppet.Mode.Revert, 0);
        Task[] memory tasks = new Task[](5);
        for (uint256 i = 0; i < 5; ++i) {
            tasks[i] = _task(i == 1 ? address(failing) : address(_target));
            tasks[i].salt = bytes32(i);
        }
        address poor = makeAddr("poor");
        tasks[4].owner = poor;
        _schedule(tasks[0], 0);
        _schedule(tasks[1], 0);
        _schedule(tasks[3], _now() + 1 days);
        _schedule(tasks[4], 0);
        skip(WINDOW);
        uint256 calls = _target.calls();
        uint256 rich = everloop.balanceOf(alice);
        vm.prank(keeper, keeper);
        (IScheduler.Outcome[] memory outcomes, uint256 earned) = _lens.preview(tasks);
        assertEq(uint8(outcomes[0]), uint8(IScheduler.Outcome.Succeeded));
        assertEq(uint8(outcomes[1]), uint8(IScheduler.Outcome.Failed));
        assertEq(uint8(outcomes[2]), uint8(IScheduler.Outcome.Stale));
        assertEq(uint8(outcomes[3]), uint8(IScheduler.Outcome.NotDue));
        assertEq(uint8(outcomes[4]), uint8(IScheduler.Outcome.Unaffordable));
        assertEq(earned, 2 * 0.01 ether, "two tips");
        assertEq(_target.calls(), calls);
        assertEq(everloop.balanceOf(alice), rich);
        assertEq(everloop.balanceOf(address(_lens)), 0);
        vm.prank(keeper, keeper);
        assertEq(abi.encode(everloop.executeBatch(tasks)), abi.encode(outcomes));
        assertEq(everloop.balanceOf(keeper), earned);
    }

    function test_SimulateAlwaysTakesBack() external {
        vm.expectRevert(abi.encodeWithSelector(ILens.Lens_Previewed.selector, new IScheduler.Outcome[](0), 0));
        _lens.simulate(new Task[](0));
    }

    function test_RevertWhen_PreviewedInsideARun() external {
        Task memory task = _task(address(_target));
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 2_000_000, 0, 0);
        _schedule(task, 0);
        Task[] memory tasks = new Task[](1);
        tasks[0] = task;
        _target.addStep(address(_lens), abi.encodeCall(ILens.preview, (tasks)));
        _execute(task);
        assertFalse(_target.results()[0]);
        assertEq(_target.answerOf(0), abi.encodeWithSelector(IScheduler.Scheduler_Reentered.selector));
    }

    function test_QuoteIsTheFeeAndWhatWouldBeReserved() external {
        Inference memory job = _inference(address(_target));
        (uint256 fee, uint256 worst, bytes memory refusal) = _lens.quote(job);
        assertEq(fee, FEE);
        assertEq(refusal.length, 0);
        _request(job, 0);
        assertEq(_reserved(alice), worst);
    }

    function test_AFeeThatFitsNoRecordIsQuotedAndRefused() external {
        _offerAtMost();
        Inference memory job = _inference(address(_target));
        (uint256 fee, uint256 worst, bytes memory refusal) = _lens.quote(job);
        assertEq(fee, uint256(type(uint64).max) + type(uint56).max);
        job.pricing = job.pricing.withFee(type(uint64).max);
        assertEq(worst, everloop.worstCost(job));
        assertEq(
            refusal,
            abi.encodeWithSelector(IInferenceMarket.Inference_OfferRefuses.selector, bytes32("fee"), fee, 0.002 ether)
        );
    }

    /// @dev The reason is the engine's own, byte for byte, whatever is asked of whom.
    function testFuzz_QuoteRefusesAsRequestDoes(uint256 seed) external {
        Inference memory job = _inference(address(_target));
        job.provider = seed % 8 == 0 ? keeper : provider;
        job.modelId = (seed >> 8) % 8 == 0 ? keccak256("other") : MODEL_ID;
        job.timing = TimingLib.pack(
            INTERVAL,
            HEARTBEAT,
            uint24(_pick(seed >> 16, 19, 20, 1 days, 1 days + 1)),
            uint24(_pick(seed >> 24, 0, 300_000, 3_000_000, 3_000_001)),
            uint24(_pick(seed >> 32, 0, 1_024, 10_000, type(uint24).max)),
            0
        );
        job.pricing = PricingLib.pack(
            uint48(_pick(seed >> 40, 1 gwei - 1, 1 gwei, 10 gwei, 10_000 gwei)),
            1 gwei,
            uint32(_pick(seed >> 48, 0, 1, 1_000_000, 1)),
            uint64(_pick(seed >> 56, 0, FEE - 1, FEE, 10 ether))
        );
        if ((seed >> 64) % 8 == 0) _withdrawAll(alice);
        if ((seed >> 72) % 8 == 0) _lock();
        if ((seed >> 80) % 8 == 0) _fillUp();
        if ((seed >> 88) % 8 == 0) _offerAtMost();
        (uint256 fee, uint256 worst, bytes memory refusal) = _lens.quote(job);
        vm.prank(alice);
        try everloop.request(job, "", 0) {
            assertEq(refusal, "");
            assertEq(_reserved(alice), worst);
            assertLe(fee, job.pricing.amount());
        } catch (bytes memory reason) {
            assertEq(refusal, reason);
        }
    }

    function test_RevertWhen_QuotedForALockedOwnerUntilItIsFree() external {
        _lock();
        Inference memory job = _inference(address(_target));
        (,, bytes memory refusal) = _lens.quote(job);
        assertEq(
            refusal, abi.encodeWithSignature("Ledger_StillLocked(address,uint256,uint256)", alice, _now() + 60, _now())
        );
        skip(60);
        (,, refusal) = _lens.quote(job);
        assertEq(refusal.length, 0);
    }

    function _pick(uint256 seed, uint256 a, uint256 b, uint256 c, uint256 d) private pure returns (uint256) {
        seed %= 8;
        if (seed == 0) return a;
        if (seed == 1) return d;
        return seed < 5 ? b : c;
    }

    function _lock() private {
        vm.prank(alice);
        everloop.lock(uint40(_now() + 60));
    }

    /// @dev The provider's last place is taken by somebody else.
    function _fillUp() private {
        vm.prank(staker);
        registry.unbond(provider, uint96(STAKE - 0.1 ether));
        address bob = makeAddr("bob");
        _deposit(bob, 10 ether);
        Inference memory job = _inference(address(_target));
        job.owner = bob;
        for (uint256 i = 0; i < 10; ++i) {
            job.salt = bytes32(i);
            _request(job, 0);
        }
    }

    /// @dev The dearest offer there can be: its fee exceeds 64 bits.
    function _offerAtMost() private {
        Offer memory terms = _terms();
        (terms.basePrice, terms.pricePerKilobyte) = (type(uint64).max, type(uint56).max);
        vm.prank(provider, provider);
        registry.offer(MODEL, terms);
    }
}
