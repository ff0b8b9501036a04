// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Meter} from "./Meter.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Inference, TimingLib} from "../../contracts/types/Job.sol";
import {Pin} from "../../contracts/types/Run.sol";

/// @notice [SCH-4] what the items of a batch are charged together is within 0 .. +5 % of the gas of its transaction.
/// @dev {setUp} books ten loops of one owner and one loop of each of ten, each with an AnswerBox and without a callback,
/// and answers all of them, so that every slot is in its steady state; see {Meter} for how it is measured.
contract BatchMeteringTest is Base, Meter {
    uint256 private constant COUNT = 10;
    uint32 private constant ROUNDS = 2;

    /// By owners (one, ten) and callback (none, AnswerBox).
    mapping(bool many => mapping(bool calls => Inference[])) private _jobs;
    address[] private _owners;
    Pin private _pin;
    uint256 private _before;

    function setUp() public override {
        super.setUp();
        vm.fee(1);
        vm.txGasPrice(1);
        _nameOwners();
        for (uint256 i = 0; i < COUNT; ++i) {
            _book(alice, false, false, i);
            _book(alice, false, true, i);
            _book(_owners[i], true, false, i);
            _book(_owners[i], true, true, i);
        }
        for (uint256 i = 0; i < ROUNDS; ++i) {
            _answerAll();
            skip(INTERVAL);
        }
        _pin = _pinned(ROUNDS);
        _before = everloop.balanceOf(provider);
    }

    function test_SCH4_OneItem() external {
        _check(_jobs[false][false], 1, "yes");
    }

    function test_SCH4_OneItemWithCallback() external {
        _check(_jobs[false][true], 1, "yes");
    }

    function test_SCH4_TwoItemsOfOneOwner() external {
        _check(_jobs[false][false], 2, "yes");
    }

    function test_SCH4_TwoItemsOfTwoOwnersWithCallback() external {
        _check(_jobs[true][true], 2, "yes");
    }

    function test_SCH4_TenItemsOfOneOwner() external {
        _check(_jobs[false][false], 10, "yes");
    }

    function test_SCH4_TenItemsOfOneOwnerWithCallback() external {
        _check(_jobs[false][true], 10, "yes");
    }

    function test_SCH4_TenItemsOfTenOwners() external {
        _check(_jobs[true][false], 10, "yes");
    }

    function test_SCH4_TenItemsOfTenOwnersWithCallback() external {
        _check(_jobs[true][true], 10, "yes");
    }

    function test_SCH4_OneLongAnswer() external {
        _check(_jobs[false][false], 1, bytes.concat(_text(), _text(), _text(), _text()));
    }

    function test_SCH4_TenLongAnswersOfTenOwners() external {
        _check(_jobs[true][true], 10, bytes.concat(_text(), _text()));
    }

    /// @dev Several batches in one transaction find the accounts warm.
    function test_SCH4_ManyBatchesInOneTransaction() external {
        Batcher batcher = new Batcher();
        vm.prank(provider, provider);
        everloop.authorise(address(batcher), true);
        bytes[] memory calls = new bytes[](COUNT);
        uint256 used = 21_000;
        for (uint256 i = 0; i < COUNT; ++i) {
            calls[i] = _callOf(_jobs[false][false], i, 1, "yes");
            used += _probe.callDataGas(calls[i]);
        }
        used += batcher.callAll(address(everloop), calls);
        uint256 charged = everloop.balanceOf(provider) - _before - COUNT * uint256(FEE);
        assertLe(charged, used * 105 / 100, string.concat(vm.toString(charged), " charged, used ", vm.toString(used)));
    }

    function _check(Inference[] memory jobs, uint256 count, bytes memory decision) private {
        (uint256 used,) = _send(provider, address(everloop), _callOf(jobs, 0, count, decision));
        _compare(everloop.balanceOf(provider) - _before - count * uint256(FEE), used);
    }

    function _callOf(Inference[] memory jobs, uint256 first, uint256 count, bytes memory decision)
        private
        view
        returns (bytes memory)
    {
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](count);
        for (uint256 i = 0; i < count; ++i) {
            answers[i] = IInferenceMarket.Answer(jobs[first + i], _pin, decision);
        }
        return abi.encodeCall(IInferenceMarket.deliverBatch, (answers));
    }

    /// @dev Ten funded owners in ascending order.
    function _nameOwners() private {
        for (uint160 i = 0; i < COUNT; ++i) {
            _owners.push(address((uint160(makeAddr("owner")) & ~uint160(0xff)) + i));
            _deposit(_owners[i], 1 ether);
        }
    }

    function _book(address owner, bool many, bool calls, uint256 salt) private {
        Inference memory job = _inference(address(0x1234567));
        job.owner = owner;
        job.salt = keccak256(abi.encode(many, calls, salt));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, calls ? 100_000 : 0, 1_024, 0);
        if (calls) job.target = _create("AnswerBox.sol:AnswerBox", abi.encode(everloop, owner));
        _jobs[many][calls].push(_request(job, 0));
    }

    function _answerAll() private {
        for (uint256 i = 0; i < COUNT; ++i) {
            _deliver(_jobs[false][false][i], "yes");
            _deliver(_jobs[false][true][i], "yes");
            _deliver(_jobs[true][false][i], "yes");
            _deliver(_jobs[true][true][i], "yes");
        }
    }
}

/// @notice A key that makes many calls in one transaction.
contract Batcher {
    function callAll(address to, bytes[] calldata calls) external returns (uint256 gasUsed) {
        gasUsed = gasleft();
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok,) = to.call(calls[i]);
            require(ok);
        }
        gasUsed -= gasleft();
    }
}
