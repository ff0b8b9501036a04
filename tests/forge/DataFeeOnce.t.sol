// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OrderBase} from "./OrderBase.sol";
import {ArbGasInfo} from "./mocks/ArbGasInfo.sol";
import {CodeCaller} from "./mocks/CodeCaller.sol";
import {DataFeeModule} from "./mocks/DataFeeModule.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {ISignedOrders} from "../../contracts/interfaces/ISignedOrders.sol";
import {Inference, Pricing, PricingLib, Task} from "../../contracts/types/Job.sol";

/// @notice [SCH-4] what a transaction pays for its data is passed on once: to a call that is all of the transaction, and
/// never to calls that a contract, or an account with delegated code (EIP-7702), makes.
contract DataFeeOnceTest is OrderBase {
    address private constant ARB_GAS_INFO = 0x000000000000000000000000000000000000006C;
    /// wei; what the transaction pays on Arbitrum.
    uint256 private constant ARB_FEE = 100_000 gwei;
    uint256 private constant COUNT = 10;
    uint256 private constant BOUNTY = 0.001 ether;

    CodeCaller private _caller = new CodeCaller();
    address[] private _calls;

    function test_SCH4_ManyCallsOfAContractArePaidNoDataFee() external {
        _onArbitrum();
        Task[] memory tasks = _tasks();
        for (uint256 i = 0; i < COUNT; ++i) {
            _keep(abi.encodeCall(IScheduler.execute, (tasks[i])));
        }
        _freeGas();
        _caller.play(address(everloop), _calls);
        assertEq(everloop.balanceOf(address(_caller)), 0, "ten runs, and nothing for data");
        assertEq(_slot(tasks[COUNT - 1]).runs(), 1);
    }

    function test_SCH4_ManyCallsOfADelegatedAccountArePaidNoDataFee() external {
        _onArbitrum();
        Task[] memory tasks = _tasks();
        for (uint256 i = 0; i < COUNT; ++i) {
            _keep(abi.encodeCall(IScheduler.execute, (tasks[i])));
        }
        _freeGas();
        vm.etch(keeper, abi.encodePacked(hex"ef0100", address(_caller)));
        vm.prank(keeper, keeper);
        CodeCaller(keeper).play(address(everloop), _calls);
        assertEq(everloop.balanceOf(keeper), 0, "ten runs, and nothing for data");
        assertEq(_slot(tasks[COUNT - 1]).runs(), 1);
    }

    function test_SCH4_ABatchSharesTheTransactionsDataFee() external {
        _onArbitrum();
        Task[] memory tasks = _tasks();
        _freeGas();
        vm.prank(keeper, keeper);
        everloop.executeBatch(tasks);
        uint256 earned = everloop.balanceOf(keeper);
        assertLe(earned, ARB_FEE, "at most what the transaction pays");
        assertGe(earned, ARB_FEE * 90 / 100, "and nearly all of it");
    }

    /// @dev Each way of being paid, brought by a contract and then as it is.
    function test_SCH4_OnlyCallsThatWereSentArePaidADataFee() external {
        _on(address(new DataFeeModule()));
        DataFeeModule(everloop.DATA_FEE()).set(DataFeeModule.Mode.Total, 1 gwei, 0);
        vm.prank(provider, provider);
        everloop.authorise(address(_caller), true);
        Task memory task = _schedule(_priced(_task(address(0x1234567)), 0), 0);
        Task memory other = _schedule(_priced(_task(address(0x1234567)), "other"), 0);
        Inference memory first = _question("first");
        Inference memory second = _question("second");
        Inference memory third = _question("third");
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](1);
        answers[0] = IInferenceMarket.Answer(second, _pinned(0), "yes");
        Ask memory ask = _signedAsk();
        _freeGas();
        _expectFee(keeper, address(everloop), abi.encodeCall(IScheduler.execute, (task)));
        _expectFee(keeper, address(everloop), abi.encodeCall(IScheduler.executeBatch, (_only(other))));
        _expectFee(provider, address(everloop), abi.encodeCall(IInferenceMarket.deliver, (first, _pinned(0), "yes")));
        _expectFee(provider, address(everloop), abi.encodeCall(IInferenceMarket.deliverBatch, (answers)));
        _expectFee(provider, address(_orders), _callOf(ask));
        skip(WINDOW);
        _expectFee(keeper, address(everloop), abi.encodeCall(IInferenceMarket.expire, (third)));
        _expectFee(keeper, address(everloop), abi.encodeCall(IInferenceMarket.resume, (_dormant())));
    }

    /// @dev What `sender` earns by a call is what a contract earns by it, and the data fee.
    function _expectFee(address sender, address to, bytes memory call_) private {
        uint256 snapshot = vm.snapshotState();
        delete _calls;
        _keep(call_);
        address earner = sender == provider ? provider : address(_caller);
        uint256 before = everloop.balanceOf(earner);
        _caller.play(to, _calls);
        uint256 made = everloop.balanceOf(earner) - before;
        vm.revertToState(snapshot);
        before = everloop.balanceOf(sender);
        vm.prank(sender, sender);
        (bool ok,) = to.call(call_);
        assertTrue(ok);
        uint256 sent = everloop.balanceOf(sender) - before;
        assertGe(sent, made + call_.length * 0.9 gwei, "a call that was sent is paid its data");
        assertTrue(made == 0 || made == FEE || made == AMOUNT || made == BOUNTY, "one that was made is not");
    }

    function _onArbitrum() private {
        vm.etch(ARB_GAS_INFO, address(new ArbGasInfo()).code);
        _on(_create("ArbitrumDataFee.sol:ArbitrumDataFee", ""));
    }

    function _on(address module) private {
        _deployEngine(0, module, 0, address(0));
        _addProvider(provider, STAKE);
        _deposit(alice, 10 ether);
        _orders = ISignedOrders(everloop.ORDERS());
    }

    function _tasks() private returns (Task[] memory tasks) {
        tasks = new Task[](COUNT);
        for (uint256 i = 0; i < COUNT; ++i) {
            tasks[i] = _schedule(_priced(_task(address(0x1234567)), bytes32(i)), 0);
        }
    }

    function _priced(Task memory task, bytes32 salt) private pure returns (Task memory) {
        task.salt = salt;
        task.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 1_000_000, 0);
        return task;
    }

    function _pricing() private pure returns (Pricing) {
        return PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 1_000_000, AMOUNT);
    }

    function _question(bytes32 salt) private returns (Inference memory) {
        Inference memory job = _inference(address(0x1234567));
        job.salt = salt;
        job.pricing = _pricing();
        return _request(job, 0);
    }

    function _dormant() private returns (Inference memory record) {
        _deposit(alice, 1 ether);
        record = _question("dormant");
        _withdrawAll(alice);
        _deliver(record, "yes");
        _deposit(alice, 1 ether);
    }

    function _signedAsk() private returns (Ask memory ask) {
        ask = _ask(7);
        ask.job.pricing = _pricing();
        ask.job.target = address(0x1234567);
        _sign(ask);
    }

    function _keep(bytes memory call_) private {
        address pointer = makeAddr(string.concat("call", vm.toString(_calls.length)));
        vm.etch(pointer, bytes.concat(hex"00", call_));
        _calls.push(pointer);
    }
}
