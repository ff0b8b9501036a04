// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";
import {Attestation, IAttestationBook} from "../../contracts/interfaces/IAttestationBook.sol";
import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";

/// @notice Keeping what verifiers say, whatever they are.
contract RegistryAttestationsTest is Base {
    bytes32 private constant CODE = keccak256("code");
    address private _key = makeAddr("key");

    function test_AnAttestationNamesItsVerifier() external {
        Verifier verifier = new Verifier();
        uint40 expiry = uint40(_now() + 1);
        verifier.answer(abi.encode(_key, CODE, expiry));
        vm.expectCall(
            address(verifier),
            abi.encodeCall(IAttestationVerifier.verify, (address(registry), provider, MODEL_ID, "proof"))
        );
        vm.expectEmit(address(registry));
        emit IAttestationBook.Attested(provider, MODEL_ID, address(verifier), _key, CODE, expiry);
        _attest(address(verifier));
        Attestation memory record = registry.attestationOf(provider, MODEL_ID);
        assertEq(record.key, _key);
        assertEq(record.verifier, address(verifier));
        assertEq(record.measurement, CODE);
        assertEq(record.expiry, expiry);
        assertEq(registry.attestationOf(rival, MODEL_ID).expiry, 0);
        assertEq(registry.attestationOf(provider, keccak256("other")).expiry, 0);
    }

    function test_ANewAttestationReplacesTheOldOne() external {
        Verifier verifier = new Verifier();
        verifier.answer(abi.encode(_key, CODE, _now() + 1));
        _attest(address(verifier));
        verifier.answer(abi.encode(provider, bytes32(0), _now() + 2));
        _attest(address(verifier));
        assertEq(registry.attestationOf(provider, MODEL_ID).key, provider);
    }

    function test_AnAttestationCanBeTakenBack() external {
        Verifier verifier = new Verifier();
        verifier.answer(abi.encode(_key, CODE, _now() + 1));
        _attest(address(verifier));
        vm.startPrank(provider);
        vm.expectEmit(address(registry));
        emit IAttestationBook.AttestationRevoked(provider, MODEL_ID);
        registry.revokeAttestation(MODEL_ID);
        assertEq(registry.attestationOf(provider, MODEL_ID).expiry, 0);
        vm.expectRevert(abi.encodeWithSelector(IAttestationBook.Registry_NotAttested.selector, provider, MODEL_ID));
        registry.revokeAttestation(MODEL_ID);
    }

    function test_RevertWhen_TheVerifierRefusesOrIsNone() external {
        Verifier verifier = new Verifier();
        bytes[3] memory answers = [bytes(""), abi.encode(_key, CODE), bytes.concat(abi.encode(_key, CODE), bytes31(0))];
        for (uint256 i = 0; i < answers.length; ++i) {
            verifier.answer(answers[i]);
            _expectRefusal(address(verifier));
            _attest(address(verifier));
        }
        _expectRefusal(keeper);
        _attest(keeper);
        verifier.answer(abi.encode(_key, CODE, _now() + 1));
        verifier.end(Verifier.End.Revert);
        _expectRefusal(address(verifier));
        _attest(address(verifier));
    }

    /// @dev It lies about types: dirty bits, no key, times that are over or no times.
    function test_RevertWhen_TheAnswerIsNotSound() external {
        Verifier verifier = new Verifier();
        uint256 key = uint256(uint160(_key));
        uint256[2][5] memory answers = [
            [uint256(0), _now() + 1],
            [key | (1 << 160), _now() + 1],
            [key, _now()],
            [key, uint256(0)],
            [key, uint256(type(uint40).max) + 1]
        ];
        for (uint256 i = 0; i < answers.length; ++i) {
            verifier.answer(abi.encode(answers[i][0], CODE, answers[i][1]));
            vm.expectRevert(
                abi.encodeWithSelector(
                    IAttestationBook.Registry_BadAttestation.selector, answers[i][0], answers[i][1], _now()
                )
            );
            _attest(address(verifier));
        }
    }

    /// @dev Burning all it gets, returning or reverting with 1 MB: the caller loses the verifier's gas and no more.
    function test_REG4_AHostileVerifierCostsItsGasAndNoMore() external {
        Verifier verifier = new Verifier();
        verifier.answer(abi.encode(_key, CODE, _now() + 1));
        Verifier.End[3] memory ends = [Verifier.End.Burn, Verifier.End.ReturnBomb, Verifier.End.RevertBomb];
        for (uint256 i = 0; i < ends.length; ++i) {
            verifier.end(ends[i]);
            vm.prank(provider, provider);
            uint256 gas_ = gasleft();
            try registry.attest{gas: 3_000_000}(MODEL_ID, address(verifier), "proof") {
                revert("a hostile verifier is refused");
            } catch (bytes memory reason) {
                gas_ -= gasleft();
                assertTrue(reason.length < 200, "nothing of it is copied");
            }
            assertLt(gas_, 1_100_000);
        }
        assertEq(registry.attestationOf(provider, MODEL_ID).expiry, 0);
    }

    /// @dev Read by STATICCALL: a verifier can neither re-enter nor change anything.
    function test_AVerifierCanChangeNothing() external {
        Verifier verifier = new Verifier();
        verifier.answer(abi.encode(_key, CODE, _now() + 1));
        verifier.end(Verifier.End.Reenter);
        _expectRefusal(address(verifier));
        _attest(address(verifier));
        assertEq(registry.providerCount(), 2);
    }

    /// @dev Nobody can starve a verifier so that it judges otherwise: it gets its million or is not asked.
    function test_RevertWhen_TheVerifierWouldNotGetItsGas() external {
        Verifier verifier = new Verifier();
        verifier.answer(abi.encode(_key, CODE, _now() + 1));
        uint256 accepted = 0;
        for (uint256 gas_ = 900_000; gas_ < 1_250_000; gas_ += 10_000) {
            vm.prank(provider, provider);
            try registry.attest{gas: gas_}(MODEL_ID, address(verifier), "proof") {
                ++accepted;
            } catch (bytes memory reason) {
                assertEq(bytes32(bytes4(reason)), bytes32(IAttestationBook.Registry_NotEnoughGas.selector));
                assertEq(accepted, 0);
            }
        }
        assertGt(accepted, 0);
    }

    function _attest(address verifier) private {
        vm.prank(provider, provider);
        registry.attest(MODEL_ID, verifier, "proof");
    }

    function _expectRefusal(address verifier) private {
        vm.expectRevert(abi.encodeWithSelector(IAttestationBook.Registry_AttestationRefused.selector, verifier));
    }
}

/// @notice A verifier that answers what a test tells it to, in one of many ways. It insists on its gas.
contract Verifier {
    enum End {
        Return,
        Revert,
        Burn,
        ReturnBomb,
        RevertBomb,
        Reenter
    }

    End private _end;
    bytes private _answer;

    function answer(bytes calldata data) external {
        _answer = data;
    }

    function end(End end_) external {
        _end = end_;
    }

    fallback() external {
        require(gasleft() > 999_000, "starved");
        if (_end == End.Reenter) {
            (bool ok,) = msg.sender.call(abi.encodeWithSignature("register(address)", address(this)));
            require(ok, "cannot re-enter");
        }
        bytes memory data = _answer;
        End end_ = _end;
        assembly ("memory-safe") {
            switch end_
            case 0 { return(add(data, 32), mload(data)) }
            case 2 { invalid() }
            case 3 { return(add(data, 32), 0x100000) }
            case 5 { return(add(data, 32), mload(data)) }
            default { revert(add(data, 32), mul(eq(end_, 4), 0x100000)) }
        }
    }
}
