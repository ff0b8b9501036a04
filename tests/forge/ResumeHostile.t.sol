// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Meter} from "./Meter.sol";
import {Chameleon} from "./mocks/Chameleon.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Inference, TimingLib} from "../../contracts/types/Job.sol";

/// @notice Decoys: dormant jobs that move on when a keeper simulates {resume}, and do anything else in the block that counts.
/// @dev {setUp} makes one for each gas limit; see {Meter} for how gas is measured.
contract ResumeHostileTest is Base, Meter {
    /// Gas that an owner gets to refuel itself.
    uint256 private constant REFUEL_GAS = 120_000;
    /// Most gas of a call that is refused before anybody is called.
    uint256 private constant LOST_RACE = 40_000;
    /// wei; covers what {resume} may cost, and not the run that it books.
    uint256 private constant POOR = 0.001 ether;

    uint24[5] private _limits = [uint24(0), 5_000, 120_000, 300_000, 3_000_000];
    Chameleon[] private _owners;
    Inference[] private _records;

    function setUp() public override {
        super.setUp();
        vm.fee(1);
        vm.txGasPrice(1);
        _deposit(keeper, 1);
        for (uint256 i = 0; i < _limits.length; ++i) {
            _book(_limits[i]);
        }
        _serve(false);
        for (uint256 i = 0; i < _limits.length; ++i) {
            _deliver(_records[i], "yes");
        }
    }

    /// @dev The keeper is repaid and more is not charged, whatever the owner does and however much gas its record names.
    function testFuzz_SCH2_SCH4_ResumingADecoyIsPaid(uint256 which, uint256 way, bool poor) external {
        which = bound(which, 0, _limits.length - 1);
        if (poor) _impoverish(which, POOR);
        vm.roll(Chameleon(_owners[which]).TURN() + bound(way, 0, uint256(type(Chameleon.Way).max)));
        uint256 used = _resume(which);
        _compare(everloop.balanceOf(keeper) - 1, used);
    }

    function test_SCH2_ADecoyThatWasSimulatedPaysForAllThatItBurns() external {
        uint256 last = _limits.length - 1;
        uint256 snapshot = vm.snapshotState();
        vm.prank(keeper, keeper);
        assertTrue(everloop.resume(_records[last]), "simulated, it moves on");
        vm.revertToState(snapshot);
        vm.roll(Chameleon(_owners[last]).TURN());
        uint256 used = _resume(last);
        assertGe(everloop.balanceOf(keeper) - 1, used, "paid >= used");
        assertGe(used, 300_000, "it burnt all that it got");
        assertLe(used, 400_000, "it got 300,000 gas, whatever its record says");
        assertEq(_slot(_records[last]).due(), 0, "dormant as before");
        assertEq(_reserved(address(_owners[last])), 0, "what was set aside is free again");
    }

    /// @dev Paid each time, but not at each moment: who tries again at once loses a race's gas.
    function test_SCH3_LED2_ADecoyIsResumedOnceAnInterval() external {
        uint256 last = _limits.length - 1;
        vm.roll(Chameleon(_owners[last]).TURN());
        _resume(last);
        uint256 paid = everloop.balanceOf(keeper);
        assertLe(_resume(last), LOST_RACE);
        assertEq(everloop.balanceOf(keeper), paid, "refused");
        skip(INTERVAL);
        _resume(last);
        assertGt(everloop.balanceOf(keeper), paid, "an interval later it is paid again");
    }

    /// @dev All that is at a keeper's risk is the gas with which an owner that cannot pay is asked to refuel.
    function test_SCH3_AnOwnerThatCannotPayCostsAtMostItsRefuelling() external {
        uint256 last = _limits.length - 1;
        _impoverish(last, 1);
        vm.roll(Chameleon(_owners[last]).TURN());
        assertLe(_resume(last), REFUEL_GAS + 2 * LOST_RACE);
        assertEq(everloop.balanceOf(keeper), 1, "it reverts");
    }

    /// @dev The same where what {resume} costs is there, and the run that it would book is not.
    function test_SCH3_ARunThatTheOwnerCannotPayCostsAtMostItsRefuelling() external {
        uint256 last = _limits.length - 1;
        _impoverish(last, POOR);
        _serve(true);
        vm.roll(Chameleon(_owners[last]).TURN());
        assertLe(_resume(last), REFUEL_GAS + 2 * LOST_RACE);
        assertEq(everloop.balanceOf(keeper), 1, "it reverts");
    }

    function _resume(uint256 which) private returns (uint256 used) {
        bytes memory call_ = abi.encodeCall(IInferenceMarket.resume, (_records[which]));
        (used,) = _send(keeper, address(everloop), call_);
    }

    function _book(uint24 gasLimit) private {
        Chameleon owner = new Chameleon(everloop, rival);
        _deposit(address(owner), 1 ether);
        Inference memory job = _inference(address(owner));
        job.owner = address(owner);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, gasLimit, 1_024, 0);
        vm.recordLogs();
        owner.request(job);
        _owners.push(owner);
        _records.push(_lastInference());
    }

    function _impoverish(uint256 which, uint256 left) private {
        Chameleon owner = _owners[which];
        owner.withdraw(everloop.freeOf(address(owner)) - left);
    }

    function _serve(bool serving) private {
        vm.prank(provider, provider);
        registry.serve(serving);
    }
}
