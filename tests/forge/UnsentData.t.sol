// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Meter} from "./Meter.sol";
import {OrderBase} from "./OrderBase.sol";
import {Burner} from "./mocks/Burner.sol";
import {CodeCaller} from "./mocks/CodeCaller.sol";
import {LooseWallet} from "./mocks/LooseWallet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";
import {Pin} from "../../contracts/types/Run.sol";

/// @notice [SCH-4] bytes that no transaction carried are not charged as call data: whoever calls with what it keeps as code,
/// a contract or an account that has delegated its code (EIP-7702), is paid at most 5 % above the gas used.
/// @dev {setUp} brings every job to its steady state; see {Meter} for how it is measured.
contract UnsentDataTest is OrderBase, Meter {
    CodeCaller private _caller = new CodeCaller();
    LooseWallet private _wallet = new LooseWallet();
    Inference private _long;
    Inference private _busy;
    Task private _stuffed;
    Pin private _pin;
    address[] private _calls;
    uint256 private _before;

    function setUp() public override {
        super.setUp();
        vm.fee(1);
        vm.txGasPrice(1);
        _deposit(address(_wallet), 10 ether);
        _deposit(address(_caller), 1);
        vm.prank(provider, provider);
        everloop.authorise(address(_caller), true);
        _book();
        _deliver(_long, "yes");
        _deliver(_busy, "yes");
        _execute(_stuffed);
        skip(INTERVAL);
        _pin = _pinned(1);
        _before = everloop.balanceOf(provider);
    }

    function test_SCH4_ContractsAreNotPaidForLongAnswersThatTheyKeepAsCode() external {
        _keep(_answer(_long, 4_096));
        _compareDelivery(makeAddr("anyone"), address(_caller), address(everloop), _long.pricing.fee());
    }

    function test_SCH4_ContractsAreNotPaidForTheLongestAnswersThatTheyKeepAsCode() external {
        _keep(_answer(_long, 16_384));
        _compareDelivery(makeAddr("anyone"), address(_caller), address(everloop), _long.pricing.fee());
    }

    function test_SCH4_AccountsWithDelegatedCodeAreNotPaidForBytesThatTheyMake() external {
        _keep(_answer(_long, 16_384));
        _delegate(provider);
        _compareDelivery(provider, provider, address(everloop), _long.pricing.fee());
    }

    /// @dev Two deliveries in one transaction do more than the floor of its call data asks for.
    function test_SCH4_TheFloorIsNotChargedWhereOtherCallsShareTheTransaction() external {
        _keep(_answer(_long, 10_240));
        _keep(_answer(_busy, 3));
        uint256 fees = uint256(_long.pricing.fee()) + _busy.pricing.fee();
        _compareDelivery(makeAddr("anyone"), address(_caller), address(everloop), fees);
    }

    /// @dev Nor for a transaction's only call, sent as it is, that makes the chain do more than its bytes.
    function test_SCH4_TheFloorIsNotChargedWhereTheRunTakesMore() external {
        (uint256 used, uint256 tokens) = _send(provider, address(everloop), _answer(_busy, 4_096));
        assertGt(used, 21_000 + 10 * tokens, "the floor does not bind");
        _compare(everloop.balanceOf(provider) - _before - _busy.pricing.fee(), used);
    }

    function test_SCH4_ContractsAreNotPaidForBatchesThatTheyKeepAsCode() external {
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](1);
        answers[0] = IInferenceMarket.Answer(_long, _pin, _bytes(16_384));
        _keep(abi.encodeCall(IInferenceMarket.deliverBatch, (answers)));
        _compareDelivery(makeAddr("anyone"), address(_caller), address(everloop), _long.pricing.fee());
    }

    /// @dev The wallet accepts whatever stands behind what it reads; its owner signed for none of it.
    function test_SCH4_ContractsAreNotPaidForPaddedSignatures() external {
        Ask memory ask = _walletAsk(1_024, 16_384);
        _keep(_callOf(ask));
        _compareDelivery(makeAddr("anyone"), address(_caller), address(_orders), AMOUNT);
    }

    function test_SCH4_AccountsWithDelegatedCodeAreNotPaidForPaddedSignatures() external {
        Ask memory ask = _walletAsk(1_024, 16_384);
        _keep(_callOf(ask));
        _delegate(provider);
        _compareDelivery(provider, provider, address(_orders), AMOUNT);
    }

    function test_SCH4_KeepersAreNotPaidForTasksThatTheyKeepAsCode() external {
        _keep(abi.encodeCall(IScheduler.execute, (_stuffed)));
        _compareKeeper();
    }

    function test_SCH4_KeepersAreNotPaidForBatchesThatTheyKeepAsCode() external {
        _keep(abi.encodeCall(IScheduler.executeBatch, (_only(_stuffed))));
        _compareKeeper();
    }

    function test_SCH4_RecordsOfExpiriesAreChargedWhereTheyWereSent() external {
        skip(WINDOW);
        _compareWays(abi.encodeCall(IInferenceMarket.expire, (_long)), _slot(_long).recordGas());
    }

    function test_SCH4_RecordsOfResumptionsAreChargedWhereTheyWereSent() external {
        uint256 free = everloop.freeOf(alice);
        vm.prank(alice, alice);
        everloop.withdraw(free, alice);
        _deliver(_busy, "yes");
        _deposit(alice, 1 ether);
        skip(INTERVAL);
        _compareWays(abi.encodeCall(IInferenceMarket.resume, (_busy)), _slot(_busy).recordGas());
    }

    /// @dev A keeper that sends a call earns the record's call data more than a contract that makes it.
    function _compareWays(bytes memory call_, uint256 recordGas) private {
        _keep(call_);
        uint256 snapshot = vm.snapshotState();
        _play(makeAddr("anyone"), address(_caller), address(everloop));
        uint256 made = everloop.balanceOf(address(_caller)) - 1;
        assertGt(made, 21_000, "it was done");
        vm.revertToState(snapshot);
        uint256 before = everloop.balanceOf(keeper);
        _send(keeper, address(everloop), call_);
        assertApproxEqAbs(everloop.balanceOf(keeper) - before, made + recordGas, 300, "sent = made + record");
    }

    function _compareKeeper() private {
        (uint256 used,) = _play(makeAddr("anyone"), address(_caller), address(everloop));
        _assertFair(everloop.balanceOf(address(_caller)) - 1, used);
    }

    function _compareDelivery(address from, address caller, address to, uint256 fees) private {
        (uint256 used,) = _play(from, caller, to);
        _assertFair(everloop.balanceOf(provider) - _before - fees, used);
    }

    /// @dev Below what is used is fine: who makes its calls up pays for that itself.
    function _assertFair(uint256 paid, uint256 used) private pure {
        string memory seen = string.concat(" charged ", vm.toString(paid), ", used ", vm.toString(used));
        assertGt(paid, 21_000, string.concat("it was done:", seen));
        assertLe(paid, used * 105 / 100, string.concat("charged <= 105 % of used:", seen));
    }

    function _play(address from, address caller, address to) private returns (uint256 used, uint256 tokens) {
        return _send(from, caller, abi.encodeCall(CodeCaller.play, (to, _calls)));
    }

    function _keep(bytes memory call_) private {
        address pointer = makeAddr(string.concat("call", vm.toString(_calls.length)));
        vm.etch(pointer, bytes.concat(hex"00", call_));
        _calls.push(pointer);
    }

    function _delegate(address account) private {
        vm.etch(account, abi.encodePacked(hex"ef0100", address(_caller)));
    }

    function _answer(Inference memory job, uint256 length) private view returns (bytes memory) {
        return abi.encodeCall(IInferenceMarket.deliver, (job, _pin, _bytes(length)));
    }

    function _walletAsk(uint256 signature, uint256 decision) private returns (Ask memory ask) {
        ask = _ask(300);
        ask.job.owner = address(_wallet);
        ask.job.target = address(0x1234567);
        ask.job.timing = TimingLib.pack(0, 0, 0, 0, 16_384, 0);
        ask.signature = _bytes(signature);
        ask.decision = _bytes(decision);
    }

    function _book() private {
        Inference memory job = _inference(address(0x1234567));
        job.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 1 ether);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 0, 16_384, 0);
        _long = _request(job, 0);
        job.salt = "busy";
        job.target = address(new Burner());
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 300_000, 4_096, 0);
        _busy = _request(job, 0);
        Task memory task = _task(address(0x1234567));
        task.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 0);
        task.data = _bytes(448);
        _stuffed = _schedule(task, 0);
    }

    /// @dev `length` bytes, none of them zero.
    function _bytes(uint256 length) private pure returns (bytes memory made) {
        made = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            made[i] = 0xff;
        }
    }
}
