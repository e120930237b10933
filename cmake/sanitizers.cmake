# TALLY_SANITIZE=address,undefined compiles and links every target with these sanitizers.
if(TALLY_SANITIZE)
  add_compile_options(-fsanitize=${TALLY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${TALLY_SANITIZE})
endif()
