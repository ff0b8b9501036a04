// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";
import {IAttestationBook} from "../../contracts/interfaces/IAttestationBook.sol";
import {ISignedAttestation} from "../../contracts/interfaces/ISignedAttestation.sol";

/// @notice k of n attesters vouch for a machine.
contract SignedAttestationTest is Base {
    bytes32 private constant CODE = keccak256("code");
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    ISignedAttestation private _verifier;
    address[] private _attesters;
    mapping(address attester => uint256 key) private _keys;
    address private _key = makeAddr("machine key");
    uint40 private _expiry;

    function setUp() public override {
        super.setUp();
        _expiry = uint40(_now() + 30 days);
        string[4] memory names = ["ada", "bea", "cai", "dov"];
        for (uint256 i = 0; i < names.length; ++i) {
            (address attester, uint256 key) = makeAddrAndKey(names[i]);
            _keys[attester] = key;
            _attesters.push(attester);
        }
        _sort(_attesters);
        _verifier =
            ISignedAttestation(_create("SignedAttestation.sol:SignedAttestation", abi.encode(_attesters, uint256(2))));
    }

    function test_TwoOfFourVouchForAProvider() external {
        bytes memory evidence = _evidence(_signers(1, 3), _digest());
        vm.prank(provider, provider);
        registry.attest(MODEL_ID, address(_verifier), evidence);
        assertEq(registry.attestationOf(provider, MODEL_ID).key, _key);
        assertEq(registry.attestationOf(provider, MODEL_ID).measurement, CODE);
        assertEq(registry.attestationOf(provider, MODEL_ID).expiry, _expiry);
        assertEq(registry.attestationOf(provider, MODEL_ID).verifier, address(_verifier));
    }

    function test_TheSetIsFixed() external view {
        assertEq(_verifier.THRESHOLD(), 2);
        assertEq(abi.encode(_verifier.attesters()), abi.encode(_attesters));
    }

    /// @dev Threats: a signature is bound to chain, verifier, registry, provider, model, key, measurement and expiry.
    function test_ASignatureIsGoodForOneClaimOnly() external {
        bytes[] memory signatures = _sign(_signers(0, 1), _digest());
        bytes memory good = abi.encode(_key, CODE, _expiry, signatures);
        _verifier.verify(address(registry), provider, MODEL_ID, good);
        _expectStranger();
        _verifier.verify(address(this), provider, MODEL_ID, good);
        _expectStranger();
        _verifier.verify(address(registry), rival, MODEL_ID, good);
        _expectStranger();
        _verifier.verify(address(registry), provider, keccak256("other"), good);
        _expectStranger();
        _verifier.verify(address(registry), provider, MODEL_ID, abi.encode(rival, CODE, _expiry, signatures));
        _expectStranger();
        _verifier.verify(address(registry), provider, MODEL_ID, abi.encode(_key, CODE, _expiry + 1, signatures));
        _expectStranger();
        _verifier.verify(address(registry), provider, MODEL_ID, abi.encode(_key, bytes32(0), _expiry, signatures));
        address other = _create("SignedAttestation.sol:SignedAttestation", abi.encode(_attesters, uint256(2)));
        _expectStranger();
        ISignedAttestation(other).verify(address(registry), provider, MODEL_ID, good);
        vm.chainId(2);
        _expectStranger();
        _verifier.verify(address(registry), provider, MODEL_ID, good);
    }

    function test_TheDigestIsEip712() external view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Everloop SignedAttestation"),
                keccak256("1"),
                block.chainid,
                address(_verifier)
            )
        );
        bytes32 record = keccak256(
            abi.encode(
                keccak256(
                    "Attestation(address registry,address provider,bytes32 modelId,address key,bytes32 measurement,uint40 expiry)"
                ),
                address(registry),
                provider,
                MODEL_ID,
                _key,
                CODE,
                _expiry
            )
        );
        assertEq(_digest(), keccak256(abi.encodePacked("\x19\x01", domain, record)));
    }

    function test_RevertWhen_SignaturesAreNotKDifferentAttesters() external {
        bytes32 digest = _digest();
        address[] memory one = new address[](1);
        one[0] = _attesters[0];
        vm.expectRevert(abi.encodeWithSelector(ISignedAttestation.Attestation_WrongCount.selector, 1, 2));
        _verify(_evidence(one, digest));
        vm.expectRevert(
            abi.encodeWithSelector(ISignedAttestation.Attestation_Unsorted.selector, _attesters[2], _attesters[2])
        );
        _verify(_evidence(_signers(2, 2), digest));
        vm.expectRevert(
            abi.encodeWithSelector(ISignedAttestation.Attestation_Unsorted.selector, _attesters[0], _attesters[2])
        );
        _verify(_evidence(_signers(2, 0), digest));
        (address stranger, uint256 key) = makeAddrAndKey("stranger");
        _keys[stranger] = key;
        address[] memory pair = _signers(0, 1);
        pair[1] = stranger;
        vm.expectRevert(abi.encodeWithSelector(ISignedAttestation.Attestation_NotAttester.selector, 1, stranger));
        _verify(_evidence(pair, digest));
    }

    /// @dev A malleable or broken signature is of nobody.
    function test_RevertWhen_ASignatureIsMalformed() external {
        bytes[] memory signatures = _sign(_signers(0, 1), _digest());
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[_attesters[0]], _digest());
        uint256 order = 2 * HALF_ORDER + 1;
        signatures[0] = abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        bytes memory reason = abi.encodeWithSelector(ISignedAttestation.Attestation_NotAttester.selector, 0, address(0));
        vm.expectRevert(reason);
        _verify(abi.encode(_key, CODE, _expiry, signatures));
        signatures[0] = abi.encodePacked(r, s);
        vm.expectRevert(reason);
        _verify(abi.encode(_key, CODE, _expiry, signatures));
    }

    function test_RevertWhen_TheRegistryGetsMalformedEvidence() external {
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationBook.Registry_AttestationRefused.selector, address(_verifier))
        );
        vm.prank(provider, provider);
        registry.attest(MODEL_ID, address(_verifier), "no evidence");
    }

    function test_RevertWhen_DeployedWithoutASoundSet() external {
        assertEq(_try(_attesters, 0), address(0), "no threshold");
        assertEq(_try(_attesters, 5), address(0), "more than there are");
        assertEq(_try(new address[](0), 0), address(0));
        address[] memory twice = _signers(1, 1);
        assertEq(_try(twice, 1), address(0), "one counted twice");
        address[] memory zero = new address[](1);
        assertEq(_try(zero, 1), address(0), "address zero");
        assertNotEq(_try(_attesters, 4), address(0));
    }

    /// @dev The largest set fits the gas that the registry gives a verifier.
    function test_REG4_ThirtyTwoOfThirtyTwoFitTheVerifiersGas() external {
        address[] memory all = new address[](32);
        for (uint256 i = 0; i < 32; ++i) {
            (address attester, uint256 key) = makeAddrAndKey(vm.toString(i));
            _keys[attester] = key;
            all[i] = attester;
        }
        _sortMemory(all);
        _verifier = ISignedAttestation(_create("SignedAttestation.sol:SignedAttestation", abi.encode(all, uint256(32))));
        bytes memory evidence = _evidence(all, _digest());
        vm.prank(provider, provider);
        registry.attest(MODEL_ID, address(_verifier), evidence);
        assertEq(registry.attestationOf(provider, MODEL_ID).key, _key);
        address[] memory more = new address[](33);
        for (uint160 i = 0; i < 33; ++i) {
            more[i] = address(i + 1);
        }
        assertEq(_try(more, 1), address(0));
    }

    function _verify(bytes memory evidence) private view {
        _verifier.verify(address(registry), provider, MODEL_ID, evidence);
    }

    function _digest() private view returns (bytes32) {
        return _verifier.digestOf(address(registry), provider, MODEL_ID, _key, CODE, _expiry);
    }

    function _evidence(address[] memory signers, bytes32 digest) private view returns (bytes memory) {
        return abi.encode(_key, CODE, _expiry, _sign(signers, digest));
    }

    function _sign(address[] memory signers, bytes32 digest) private view returns (bytes[] memory signatures) {
        signatures = new bytes[](signers.length);
        for (uint256 i = 0; i < signers.length; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[signers[i]], digest);
            signatures[i] = abi.encodePacked(r, s, v);
        }
    }

    function _signers(uint256 first, uint256 second) private view returns (address[] memory signers) {
        signers = new address[](2);
        (signers[0], signers[1]) = (_attesters[first], _attesters[second]);
    }

    function _expectStranger() private {
        vm.expectPartialRevert(ISignedAttestation.Attestation_NotAttester.selector);
    }

    function _try(address[] memory attesters, uint256 threshold) private returns (address made) {
        bytes memory code =
            bytes.concat(vm.getCode("SignedAttestation.sol:SignedAttestation"), abi.encode(attesters, threshold));
        assembly ("memory-safe") {
            made := create(0, add(code, 32), mload(code))
        }
    }

    function _sort(address[] storage list) private {
        address[] memory sorted = list;
        _sortMemory(sorted);
        for (uint256 i = 0; i < sorted.length; ++i) {
            list[i] = sorted[i];
        }
    }

    function _sortMemory(address[] memory list) private pure {
        for (uint256 i = 1; i < list.length; ++i) {
            for (uint256 j = i; j > 0 && list[j] < list[j - 1]; --j) {
                (list[j], list[j - 1]) = (list[j - 1], list[j]);
            }
        }
    }
}
