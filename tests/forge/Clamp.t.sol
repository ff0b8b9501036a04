// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {DataFeeModule} from "./mocks/DataFeeModule.sol";
import {vm} from "./Vm.sol";
import {Inference, PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";

/// @notice [SCH-4] [INF-1] what a run costs is never more than what was set aside for it, whatever happens.
/// @dev A module that costs 300,000 gas to ask makes runs dearer than that.
contract ClampTest is Base {
    DataFeeModule private _module = new DataFeeModule();

    function setUp() public override {
        super.setUp();
        _deployEngine(0, address(_module), 0, address(0));
        _addProvider(provider, STAKE);
        _deposit(alice, 10 ether);
        vm.fee(MAX_GAS_PRICE);
        vm.txGasPrice(MAX_GAS_PRICE);
        _module.set(DataFeeModule.Mode.PerByte, 1 gwei, 1_500);
    }

    function test_SCH4_ARunThatCostsMoreThanWasSetAsideIsPaidThat() external {
        Task memory task = _task(address(0x1234567));
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 0, 0, 0);
        task.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 1, 0);
        task = _schedule(task, 0);
        assertEq(_execute(task).paid, (90_000 + uint256(_slot(task).recordGas())) * MAX_GAS_PRICE + 1 gwei);
    }

    function test_SCH4_ADeliveryThatCostsMoreThanIsReservedIsPaidThat() external {
        Inference memory job = _inference(address(0x1234567));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 0, 8, 0);
        job.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 1, 0.002 ether);
        job = _request(job, 0);
        uint256 worst = everloop.worstCost(job);
        assertEq(_deliver(job, "yes").paid, worst);
    }
}
