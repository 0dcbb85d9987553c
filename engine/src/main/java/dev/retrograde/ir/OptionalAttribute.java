package dev.retrograde.ir;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Marks an attribute of an op that may be null: the text form leaves it out then, so that texts
/// from before there was such an attribute mean what they meant.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface OptionalAttribute {}
