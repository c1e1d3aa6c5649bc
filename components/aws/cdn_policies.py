"""CloudFront's policies: how long an edge keeps an answer, and which headers every answer has."""

import pulumi
import pulumi_aws as aws

from components.edge import web

_NOTHING = "none"
_Key = aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginArgs
_Cookies = aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginCookiesConfigArgs
_Headers = aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfigArgs
_Query = aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfigArgs
_Custom = aws.cloudfront.ResponseHeadersPolicyCustomHeadersConfigArgs
_CustomItem = aws.cloudfront.ResponseHeadersPolicyCustomHeadersConfigItemArgs
_Secure = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigArgs
_Transport = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurityArgs
_Content = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicyArgs
_Types = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentTypeOptionsArgs
_Frames = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigFrameOptionsArgs
_Referrer = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigReferrerPolicyArgs


def kept_for(name: str, seconds: int, physical: str, parent: pulumi.Resource) -> pulumi.Output[str]:
    """An answer is kept so long, whoever asks: nothing of the asker is in the key."""
    key = _Key(
        enable_accept_encoding_brotli=True,
        enable_accept_encoding_gzip=True,
        cookies_config=_Cookies(cookie_behavior=_NOTHING),
        headers_config=_Headers(header_behavior=_NOTHING),
        query_strings_config=_Query(query_string_behavior=_NOTHING),
    )
    policy = aws.cloudfront.CachePolicy(
        f"{name}-kept-{seconds}",
        name=f"{physical}-{seconds}",
        min_ttl=0,
        default_ttl=seconds,
        max_ttl=seconds,
        parameters_in_cache_key_and_forwarded_to_origin=key,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return policy.id


def headers(
    name: str, seconds: int, physical: str, api: str, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """What a browser is told with every answer."""
    told = _CustomItem(header="Cache-Control", value=web.cache_control(seconds), override=True)
    policy = aws.cloudfront.ResponseHeadersPolicy(
        f"{name}-headers-{seconds}",
        name=f"{physical}-{seconds}",
        security_headers_config=_secure(api),
        custom_headers_config=_Custom(items=[told]),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return policy.id


def _secure(api: str) -> _Secure:
    """The headers of `web.security_headers`, as CloudFront says them."""
    said = web.security_headers(api)
    policy = said["Content-Security-Policy"]
    return _Secure(
        strict_transport_security=_Transport(
            access_control_max_age_sec=web.HSTS_SECONDS, include_subdomains=True, override=True
        ),
        content_security_policy=_Content(content_security_policy=policy, override=True),
        content_type_options=_Types(override=True),
        frame_options=_Frames(frame_option=said["X-Frame-Options"], override=True),
        referrer_policy=_Referrer(referrer_policy=said["Referrer-Policy"], override=True),
    )
