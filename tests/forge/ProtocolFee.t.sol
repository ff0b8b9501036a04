// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OrderBase} from "./OrderBase.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IEverloop} from "../../contracts/interfaces/IEverloop.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {ISignedOrders} from "../../contracts/interfaces/ISignedOrders.sol";
import {Inference, Task} from "../../contracts/types/Job.sol";

/// @notice The protocol's share of fees, fixed at deployment.
contract ProtocolFeeTest is OrderBase {
    uint256 private constant BPS = 50;
    uint256 private constant SHARE = uint256(FEE) * BPS / 10_000;

    address private _receiver = makeAddr("receiver");

    function setUp() public override {
        super.setUp();
        _redeploy(BPS, _receiver);
    }

    function test_ViewTellsShareAndReceiver() external view {
        (uint256 bps, address receiver) = everloop.protocolFee();
        assertEq(bps, BPS);
        assertEq(receiver, _receiver);
    }

    function test_LED1_TheShareComesOutOfTheFee() external {
        Inference memory record = _request(_inference(address(new Puppet())), 0);
        _freeGas();
        assertEq(_deliver(record, "a").paid, FEE, "the owner pays no more");
        assertEq(everloop.balanceOf(_receiver), SHARE);
        assertEq(everloop.balanceOf(provider), FEE - SHARE);
        assertEq(everloop.balanceOf(alice), 10 ether - FEE);
    }

    function test_SCH4_GasIsTheProvidersAlone() external {
        Inference memory record = _request(_inference(address(new Puppet())), 0);
        uint256 paid = _deliver(record, "a").paid;
        assertEq(everloop.balanceOf(_receiver), SHARE);
        assertEq(everloop.balanceOf(provider), paid - SHARE);
    }

    function test_LED1_TheShareOfSignedInferences() external {
        _freeGas();
        assertEq(_answered(_ask(1)).paid(), AMOUNT);
        uint256 share = uint256(AMOUNT) * BPS / 10_000;
        assertEq(everloop.balanceOf(_receiver), share);
        assertEq(everloop.balanceOf(provider), AMOUNT - share);
    }

    function test_LED1_TheShareOfBatches() external {
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](3);
        for (uint256 i = 0; i < 3; ++i) {
            Inference memory job = _inference(address(new Puppet()));
            job.salt = bytes32(i);
            answers[i] = IInferenceMarket.Answer(_request(job, 0), _pinned(0), "a");
        }
        _freeGas();
        vm.prank(provider, provider);
        everloop.deliverBatch(answers);
        assertEq(everloop.balanceOf(_receiver), 3 * SHARE);
        assertEq(everloop.balanceOf(provider), 3 * (FEE - SHARE));
    }

    function test_TasksExpiriesAndDeclinesPayNoShare() external {
        Task memory task = _schedule(_task(address(new Puppet())), 0);
        Inference memory record = _request(_inference(address(new Puppet())), 0);
        vm.prank(provider, provider);
        everloop.decline(record, 0);
        vm.warp(_slot(record).due() + WINDOW);
        _execute(task);
        _expire(record);
        assertEq(everloop.balanceOf(_receiver), 0);
    }

    /// @dev Who answers, pays or runs may be who the share goes to.
    function test_LED1_TheReceiverMayBeTheProvider() external {
        _redeploy(BPS, provider);
        Inference memory record = _request(_inference(address(new Puppet())), 0);
        _freeGas();
        _deliver(record, "a");
        assertEq(everloop.balanceOf(provider), FEE, "its part and its share");
        _answered(_ask(1));
        assertEq(everloop.balanceOf(provider), uint256(FEE) + AMOUNT);
    }

    function test_LED1_TheReceiverMayBeTheOwner() external {
        _redeploy(BPS, alice);
        Inference memory record = _request(_inference(address(new Puppet())), 0);
        _freeGas();
        _deliver(record, "a");
        assertEq(everloop.balanceOf(alice), 10 ether - FEE + SHARE);
        _answered(_ask(1));
        uint256 share = uint256(AMOUNT) * BPS / 10_000;
        assertEq(everloop.balanceOf(alice), 10 ether - FEE + SHARE - AMOUNT + share);
    }

    function testFuzz_LED1_NothingIsMadeNorLost(uint256 bps) external {
        bps = bound(bps, 0, 100);
        _redeploy(bps, _receiver);
        Inference memory record = _request(_inference(address(new Puppet())), 0);
        uint256 paid = _deliver(record, "a").paid;
        assertEq(everloop.balanceOf(_receiver), uint256(FEE) * bps / 10_000);
        assertEq(everloop.balanceOf(provider) + everloop.balanceOf(_receiver), paid);
    }

    function test_RevertWhen_TheShareIsTooHighOrNobodys() external {
        assertEq(_tryDeploy(101, _receiver), _badFee(101, _receiver));
        assertEq(_tryDeploy(1, address(0)), _badFee(1, address(0)));
        assertEq(_tryDeploy(100, _receiver), "");
        assertEq(_tryDeploy(0, address(0)), "");
    }

    function _redeploy(uint256 bps, address receiver) private {
        _deployEngine(0, address(0), bps, receiver);
        _addProvider(provider, STAKE);
        _deposit(alice, 10 ether);
        _orders = ISignedOrders(everloop.ORDERS());
    }

    function _badFee(uint256 bps, address receiver) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEverloop.Everloop_BadProtocolFee.selector, bps, 100, receiver);
    }

    /// @return What the constructor reverts with; empty where it does not.
    function _tryDeploy(uint256 bps, address receiver) private returns (bytes memory) {
        bytes memory arguments = abi.encode(registry, address(0), bps, receiver);
        return refusalOf(bytes.concat(vm.getCode("Everloop.sol:Everloop"), arguments));
    }
}
