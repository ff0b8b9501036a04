// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OrderBase} from "./OrderBase.sol";
import {DataFeeModule} from "./mocks/DataFeeModule.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IEverloop} from "../../contracts/interfaces/IEverloop.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {ISignedOrders} from "../../contracts/interfaces/ISignedOrders.sol";
import {Inference, Pricing, PricingLib, Task} from "../../contracts/types/Job.sol";

/// @notice What a rollup charges for data, passed on to owners up to their cap.
contract DataFeeTest is OrderBase {
    /// wei a byte
    uint256 private constant PRICE = 1 gwei;
    /// gwei
    uint32 private constant CAP = 100_000;
    uint256 private constant CAP_WEI = uint256(CAP) * 1 gwei;
    /// Signature, nonce, prices and the rest of a transaction besides its call data.
    uint256 private constant ENVELOPE = 120;

    DataFeeModule private _module = new DataFeeModule();

    function setUp() public override {
        super.setUp();
        _redeploy(address(_module));
        _module.set(DataFeeModule.Mode.PerByte, PRICE, 0);
    }

    function test_ViewTellsTheModule() external view {
        assertEq(everloop.DATA_FEE(), address(_module));
    }

    function test_SCH4_TasksPayForTheirData() external {
        Task memory task = _schedule(_cappedTask(), 0);
        _freeGas();
        uint256 paid = _execute(task).paid;
        _assertSize(paid / PRICE, abi.encodeCall(IScheduler.execute, (task)).length);
        assertEq(everloop.balanceOf(keeper), paid);
        assertEq(everloop.balanceOf(alice), 10 ether - paid);
    }

    function test_SCH4_DeliveriesPayForTheirData() external {
        Inference memory record = _request(_capped(), 0);
        bytes memory decision = new bytes(999);
        _freeGas();
        uint256 paid = _deliver(record, decision).paid;
        _assertSize(
            (paid - FEE) / PRICE, abi.encodeCall(IInferenceMarket.deliver, (record, _pinned(0), decision)).length
        );
        assertEq(everloop.balanceOf(provider), paid);
    }

    function test_SCH4_ExpiriesAndResumptionsPayForTheirData() external {
        Inference memory record = _request(_capped(), 0);
        uint256 length = abi.encodeCall(IInferenceMarket.expire, (record)).length;
        _freeGas();
        skip(WINDOW);
        _assertSize((_expire(record) - 0.001 ether) / PRICE, length);
        vm.warp(_slot(record).due());
        _withdrawAll(alice);
        _deliver(record, "a");
        _deposit(alice, 1 ether);
        uint256 before = everloop.balanceOf(keeper);
        vm.prank(keeper, keeper);
        everloop.resume(record);
        _assertSize((everloop.balanceOf(keeper) - before) / PRICE, length);
    }

    function test_SCH4_SignedInferencesPayForTheirData() external {
        Ask memory ask = _ask(1);
        ask.job.pricing = _pricing();
        _sign(ask);
        _freeGas();
        _assertSize((_answered(ask).paid() - AMOUNT) / PRICE, _callOf(ask).length);
    }

    /// @dev What the items of a batch pay together is what the call is long.
    function test_SCH4_BatchesShareTheirDataBySize() external {
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](4);
        for (uint256 i = 0; i < answers.length; ++i) {
            Inference memory job = _capped();
            job.salt = bytes32(i);
            answers[i] = IInferenceMarket.Answer(_request(job, 0), _pinned(0), new bytes(256 * i));
        }
        uint256 length = abi.encodeCall(IInferenceMarket.deliverBatch, (answers)).length;
        _freeGas();
        vm.prank(provider, provider);
        everloop.deliverBatch(answers);
        uint256 size = (everloop.balanceOf(provider) - 4 * uint256(FEE)) / PRICE;
        assertGe(size, length * 95 / 100, "all of the call is paid");
        assertLe(size, (length + ENVELOPE) * 105 / 100, "and nothing else");
    }

    function test_ModuleLearnsTheWholeLength() external {
        _module.set(DataFeeModule.Mode.Total, PRICE, 0);
        Inference memory record = _request(_capped(), 0);
        bytes memory call_ = abi.encodeCall(IInferenceMarket.deliver, (record, _pinned(0), bytes("yes")));
        _freeGas();
        assertEq(_deliver(record, "yes").paid, FEE + call_.length * PRICE);
    }

    function test_SCH4_TheOwnersCapHolds() external {
        _module.set(DataFeeModule.Mode.PerByte, 1 ether, 0);
        Inference memory record = _request(_capped(), 0);
        Task memory task = _schedule(_cappedTask(), 0);
        _freeGas();
        assertEq(_deliver(record, "a").paid, FEE + CAP_WEI);
        assertEq(_execute(task).paid, CAP_WEI);
        Ask memory ask = _ask(1);
        ask.job.pricing = _pricing();
        _sign(ask);
        assertEq(_answered(ask).paid(), AMOUNT + CAP_WEI);
    }

    function test_SCH4_OwnersWithoutACapPayNone() external {
        Inference memory record = _request(_inference(address(new Puppet())), 0);
        _freeGas();
        assertEq(_deliver(record, "a").paid, FEE);
    }

    function test_SCH4_WithoutAModuleNobodyPaysForData() external {
        _redeploy(address(0));
        Inference memory record = _request(_capped(), 0);
        Task memory task = _schedule(_cappedTask(), 0);
        _freeGas();
        assertEq(_deliver(record, "a").paid, FEE);
        assertEq(_execute(task).paid, 0);
    }

    function test_INF1_TheReservationCoversIt() external {
        Inference memory record = _request(_capped(), 0);
        Inference memory bare = _unpriced(record);
        bare.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, AMOUNT).withFee(FEE);
        assertGe(everloop.worstCost(record), everloop.worstCost(bare) + CAP_WEI);
        assertEq(_reserved(alice), everloop.worstCost(record));
        _withdrawAll(alice);
        _module.set(DataFeeModule.Mode.PerByte, 1 ether, 0);
        vm.fee(MAX_GAS_PRICE);
        vm.txGasPrice(MAX_GAS_PRICE);
        uint256 paid = _deliver(record, "a").paid;
        assertGt(paid, FEE + CAP_WEI);
        assertEq(everloop.balanceOf(provider), paid, "paid in full, with nothing free");
    }

    function test_SCH4_TasksAreOnlyAffordableWithIt() external {
        Task memory task = _schedule(_cappedTask(), 0);
        uint256 snapshot = vm.snapshotState();
        uint256 least = 10 ether;
        for (uint256 step = 5 ether; step > 0; step /= 2) {
            if (_affordable(task, least - step)) least -= step;
            vm.revertToState(snapshot);
        }
        vm.prank(alice);
        everloop.cancel(task.salt);
        Task memory bare = _cappedTask();
        bare.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 0);
        _schedule(bare, 0);
        assertTrue(_affordable(bare, least - CAP_WEI * 9 / 10));
    }

    /// @dev No chain's oddity stops a loop.
    function test_SCH6_FailingModulesCountAsNone() external {
        Inference memory record = _request(_capped(), 0);
        Task memory task = _schedule(_cappedTask(), 0);
        _freeGas();
        for (uint256 mode = uint256(DataFeeModule.Mode.Revert); mode <= uint256(type(DataFeeModule.Mode).max); ++mode) {
            uint256 snapshot = vm.snapshotState();
            _module.set(DataFeeModule.Mode(mode), PRICE, 0);
            assertEq(_deliver(record, "a").paid, FEE);
            assertEq(_execute(task).paid, 0);
            vm.revertToState(snapshot);
        }
    }

    function test_SCH6_RevertWhen_TheModuleHasNoCode() external {
        address nobody = makeAddr("nobody");
        bytes memory arguments = abi.encode(registry, nobody, 0, address(0));
        bytes memory reason = abi.encodeWithSelector(IEverloop.Everloop_NotAContract.selector, nobody);
        assertEq(refusalOf(bytes.concat(vm.getCode("Everloop.sol:Everloop"), arguments)), reason);
    }

    function _redeploy(address module) private {
        _deployEngine(0, module, 0, address(0));
        _addProvider(provider, STAKE);
        _deposit(alice, 10 ether);
        _orders = ISignedOrders(everloop.ORDERS());
    }

    function _pricing() private pure returns (Pricing) {
        return PricingLib.pack(MAX_GAS_PRICE, 1 gwei, CAP, AMOUNT);
    }

    function _capped() private returns (Inference memory job) {
        job = _inference(address(new Puppet()));
        job.pricing = _pricing();
    }

    /// @dev Without a tip.
    function _cappedTask() private returns (Task memory task) {
        task = _task(address(new Puppet()));
        task.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, CAP, 0);
        task.data = new bytes(300);
    }

    /// @dev What is charged is for the call and what a transaction adds to it.
    function _assertSize(uint256 size, uint256 length) private pure {
        assertGe(size, length * 95 / 100, "all of the call is paid");
        assertLe(size, (length + ENVELOPE) * 105 / 100, "and nothing else");
    }

    function _affordable(Task memory task, uint256 free) private returns (bool) {
        uint256 surplus = everloop.freeOf(alice) - free;
        vm.prank(alice);
        everloop.withdraw(surplus, alice);
        return _outcome(task) != IScheduler.Outcome.Unaffordable;
    }
}
